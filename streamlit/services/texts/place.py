"""The page of a place's period."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "period": ("Period", "Période"),
    "period_7d": ("7 days", "7 jours"),
    "period_30d": ("30 days", "30 jours"),
    "period_90d": ("90 days", "90 jours"),
    "period_1y": ("1 year", "1 an"),
    "period_all": ("All", "Tout"),
    "period_custom": ("Dates", "Dates"),
    "period_help": (
        "Days are counted back from the station's last day.",
        "Les jours se comptent depuis la dernière journée de la station.",
    ),
    "from": ("From", "Du"),
    "to": ("To", "Au"),
    "source_choice": ("Source", "Source"),
    "at_altitude": ("altitude {altitude} m", "altitude {altitude} m"),
    "last_observed": ("Last observation, {age}: {conditions}", "Dernière observation, {age} : {conditions}"),
    "lowest": ("Lowest", "Minimum"),
    "highest": ("Highest", "Maximum"),
    "mean": ("Mean", "Moyenne"),
    "total_rain": ("Rain in all", "Cumul de pluie"),
    "rain_days": ("{n} days ≥ 1 mm", "{n} jours ≥ 1 mm"),
    "mean_of_days": ("mean of {n} days", "moyenne de {n} jours"),
    "strongest_gust": ("Strongest gust", "Rafale maximale"),
    "observation_count": ("Observations", "Observations"),
    "days_of": ("{n} of {total} days", "{n} jours sur {total}"),
    "span": ("{first} to {last}", "du {first} au {last}"),
    "incomplete": (
        "Incomplete days (paler): {temperature} for temperature, {rain} for rain.",
        "Journées incomplètes (plus pâles) : {temperature} pour la température, {rain} pour la pluie.",
    ),
    "definitions": (
        "Minimum, maximum and rain follow the French climatological day (minimum from 18 UTC the day before to 18 UTC, "
        "maximum and rain from 06 UTC to 06 UTC the day after); means, wind and pressure the UTC day.",
        "Minimum, maximum et pluie suivent la journée climatologique française (minimum de 18 UTC la veille à 18 UTC, "
        "maximum et pluie de 06 UTC à 06 UTC le lendemain) ; moyennes, vent et pression suivent le jour UTC.",
    ),
    "chart_temperature": (
        "Temperature, °C: range of each day and mean",
        "Température, °C : amplitude du jour et moyenne",
    ),
    "chart_rain": ("Rain by day, mm", "Pluie par jour, mm"),
    "chart_wind": ("Wind, m/s: mean and strongest gust", "Vent, m/s : moyenne et rafale maximale"),
    "chart_pressure": ("Mean sea-level pressure, hPa", "Pression moyenne au niveau de la mer, hPa"),
    "no_measure_in_period": (
        "Not reported in this period.",
        "Non mesuré sur cette période.",
    ),
    "chart_alt": (
        "{title}, {station}, {first} to {last}. The figures are in the table below.",
        "{title}, {station}, du {first} au {last}. Les valeurs sont dans le tableau ci-dessous.",
    ),
    "day": ("Day", "Jour"),
    "minimum": ("Minimum", "Minimum"),
    "maximum": ("Maximum", "Maximum"),
    "rain": ("Rain", "Pluie"),
    "wind_mean": ("Mean wind", "Vent moyen"),
    "direction": ("Direction", "Direction"),
    "trace": ("Trace", "Traces"),
    "complete_temperature": ("Temperature complete", "Température complète"),
    "complete_rain": ("Rain complete", "Pluie complète"),
    "table_days": ("Table of the {n} days shown", "Tableau des {n} jours affichés"),
    "download_csv": ("Download CSV", "Télécharger en CSV"),
    "download_parquet": ("Download Parquet", "Télécharger en Parquet"),
    "download_help": (
        "Exactly the days shown, with the marts' column names.",
        "Exactement les jours affichés, avec les noms de colonnes des marts.",
    ),
    # States
    "state_unknown_station": (
        "The address names a station that is not in the publication ({station}). Choose another one.",
        "L'adresse nomme une station absente de la publication ({station}). Choisissez-en une autre.",
    ),
    "state_no_daily": (
        "No daily weather of {station} is published.",
        "Aucune journée de {station} n'est publiée.",
    ),
    "state_no_period": (
        "No day of {station} between {first} and {last}. Its days run from {begin} to {end}.",
        "Aucune journée de {station} entre le {first} et le {last}. Ses journées vont du {begin} au {end}.",
    ),
    "state_reversed": ("The period ends before it begins.", "La période finit avant de commencer."),
    "state_stale": (
        "{station} has fallen silent: its last observation is {age}, while other stations report up to {newest} UTC.",
        "{station} ne répond plus : sa dernière observation date d'{age}, alors que d'autres stations vont jusqu'au "
        "{newest} UTC.",
    ),
}
