"""The page of a place's period."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "places": ("Places", "Lieux"),
    "places_help": ("Type a name or a number; up to {n} places.", "Tapez un nom ou un numéro ; {n} lieux au plus."),
    "city": ("city", "ville"),
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
    "source_help": (
        "A place that does not have it is shown from its own.",
        "Un lieu qui ne l'a pas est montré d'après la sienne.",
    ),
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
    "rain_days_heading": ("Days ≥ 1 mm", "Jours ≥ 1 mm"),
    "days_heading": ("Days of {total}", "Jours sur {total}"),
    "grain_month": (
        "So long a period is drawn by month: means of the days, sums of rain.",
        "Une période aussi longue est tracée par mois : moyennes des jours, sommes de pluie.",
    ),
    "grain_year": (
        "So long a period is drawn by year: means of the days, sums of rain.",
        "Une période aussi longue est tracée par année : moyennes des jours, sommes de pluie.",
    ),
    "incomplete": (
        "Incomplete days: {temperature} for temperature, {rain} for rain.",
        "Journées incomplètes : {temperature} pour la température, {rain} pour la pluie.",
    ),
    "definitions": (
        "**Days.** Minimum, maximum and rain follow the French climatological day (minimum from 18 UTC the day before to 18 UTC, "
        "maximum and rain from 06 UTC to 06 UTC the day after); means, wind and pressure the UTC day. A day of a polled city is "
        "never complete: its extremes are those that were seen.\n\n"
        "**The normal band** reaches from the mean minimum to the mean maximum of the reference years, drawn through the middles "
        "of the months. **Accumulated rain** adds up the days with a figure; days without one add nothing. Its normal grows by "
        "a month's rain over the days of the month.\n\n"
        "**Heavy rain**: 10 and 20 mm in a day are the R10mm and R20mm of the climate indices ETCCDI; from 50 mm on the marts "
        "have an event of heavy rain.\n\n"
        "**The wind rose** counts observations by the direction that the wind comes from; calms have none and are counted in the "
        "middle.",
        "**Jours.** Minimum, maximum et pluie suivent la journée climatologique française (minimum de 18 UTC la veille à 18 UTC, "
        "maximum et pluie de 06 UTC à 06 UTC le lendemain) ; moyennes, vent et pression suivent le jour UTC. La journée d'une "
        "ville interrogée n'est jamais complète : ses extrêmes sont ceux qu'on a vus.\n\n"
        "**La bande normale** va du minimum moyen au maximum moyen des années de référence, par les milieux des mois. **La pluie "
        "cumulée** additionne les jours renseignés ; les autres n'ajoutent rien. Sa normale croît de la pluie d'un mois sur les "
        "jours du mois.\n\n"
        "**Fortes pluies** : 10 et 20 mm en un jour sont les indices R10mm et R20mm de l'ETCCDI ; à partir de 50 mm les marts "
        "ont un épisode de fortes pluies.\n\n"
        "**La rose des vents** compte les observations par direction d'où vient le vent ; les calmes n'en ont pas et sont "
        "comptés au centre.",
    ),
    "charts": ("Charts", "Graphiques"),
    "charts_weather": ("Temperature and rain", "Température et pluie"),
    "charts_heavy_rain": ("Heavy rain", "Fortes pluies"),
    "charts_wind": ("Wind", "Vent"),
    "charts_air": ("Pressure and humidity", "Pression et humidité"),
    "charts_all": ("All charts", "Tous les graphiques"),
    "chart_temperature_day": (
        "Temperature, °C: range of each day (bar) and mean (line)",
        "Température, °C : amplitude du jour (barre) et moyenne (ligne)",
    ),
    "chart_temperature_month": (
        "Temperature, °C: mean minimum to mean maximum of each month, and mean",
        "Température, °C : du minimum moyen au maximum moyen de chaque mois, et moyenne",
    ),
    "chart_temperature_year": (
        "Temperature, °C: mean minimum to mean maximum of each year, and mean",
        "Température, °C : du minimum moyen au maximum moyen de chaque année, et moyenne",
    ),
    "paler": ("Paler: incomplete.", "Plus pâle : incomplet."),
    "chart_temperature_mean": ("Mean temperature, °C", "Température moyenne, °C"),
    "normal_band": (
        "Grey band: from the mean minimum to the mean maximum of {reference}.",
        "Bande grise : du minimum moyen au maximum moyen de {reference}.",
    ),
    "normal_named": ("{source} {reference} ({n} years)", "{source} {reference} ({n} ans)"),
    "no_normal": (
        "No normal band: no series of this place has the ten years that a normal takes.",
        "Pas de bande normale : aucune série de ce lieu n'a les dix ans qu'il faut à une normale.",
    ),
    "chart_rain_day": ("Rain by day, mm", "Pluie par jour, mm"),
    "chart_rain_month": ("Rain by month, mm", "Pluie par mois, mm"),
    "chart_rain_year": ("Rain by year, mm", "Pluie par année, mm"),
    "chart_rain_sum": ("Accumulated rain, mm", "Pluie cumulée, mm"),
    "rain_since": ("Since the beginning", "Depuis le début"),
    "rain_sum_note": (
        "Days with a figure: {n} of {total}; the others add nothing.",
        "Jours renseignés : {n} sur {total} ; les autres n'ajoutent rien.",
    ),
    "rain_sum_normal": ("Dashed: the normal.", "En tirets : la normale."),
    "heavy_rain": ("Heavy rain", "Fortes pluies"),
    "heavy_10": ("≥ 10 mm", "≥ 10 mm"),
    "heavy_20": ("≥ 20 mm", "≥ 20 mm"),
    "heavy_50": ("≥ 50 mm", "≥ 50 mm"),
    "heavy_help": (
        "In a day. 10 mm: heavy (ETCCDI R10mm); 20 mm: very heavy (R20mm); 50 mm: an event of heavy rain in the marts.",
        "En un jour. 10 mm : forte (R10mm de l'ETCCDI) ; 20 mm : très forte (R20mm) ; 50 mm : un épisode de fortes pluies dans "
        "les marts.",
    ),
    "chart_heavy_rain": (
        "Days with at least {threshold} of rain; a larger circle is more rain",
        "Jours d'au moins {threshold} de pluie ; plus le cercle est grand, plus il a plu",
    ),
    "heavy_days": ("{n} of {total} days with a figure.", "{n} des {total} jours renseignés."),
    "heavy_none": ("No such day in this period.", "Aucun jour de ce genre sur cette période."),
    "chart_wind_mean": ("Mean wind, m/s", "Vent moyen, m/s"),
    "chart_rose": (
        "Wind rose: where the wind comes from, % of observations, m/s",
        "Rose des vents : d'où vient le vent, % des observations, m/s",
    ),
    "class_between": ("{low} to < {high}", "{low} à < {high}"),
    "class_from": ("{low} and more", "{low} et plus"),
    "rose_alt": (
        "Wind rose of {station}: share of observations by direction and class of speed; calm {calm}.",
        "Rose des vents de {station} : part des observations par direction et classe de vitesse ; calme {calm}.",
    ),
    "rose_note": (
        "Observations: {n}. Calm (below {below}): {calm}. Without a direction: {undirected}.",
        "Observations : {n}. Calmes (moins de {below}) : {calm}. Sans direction : {undirected}.",
    ),
    "no_winds": (
        "No observation with a wind in this period: a wind rose takes single observations, and not days.",
        "Aucune observation du vent sur cette période : une rose des vents demande des observations, et non des jours.",
    ),
    "chart_humidity": ("Mean relative humidity, %", "Humidité relative moyenne, %"),
    "chart_wind": (
        "Wind, m/s: mean (line) and strongest gust (triangle)",
        "Vent, m/s : moyenne (ligne) et rafale maximale (triangle)",
    ),
    "chart_pressure": ("Mean sea-level pressure, hPa", "Pression moyenne au niveau de la mer, hPa"),
    "no_measure_in_period": (
        "Not reported in this period.",
        "Non mesuré sur cette période.",
    ),
    "chart_alt": (
        "{title}, {station}, {first} to {last}. The figures are in the table below.",
        "{title}, {station}, du {first} au {last}. Les valeurs sont dans le tableau ci-dessous.",
    ),
    "minimum": ("Minimum", "Minimum"),
    "maximum": ("Maximum", "Maximum"),
    "rain": ("Rain", "Pluie"),
    "wind_mean": ("Mean wind", "Vent moyen"),
    "direction": ("Direction", "Direction"),
    "trace": ("Trace", "Traces"),
    "complete_temperature": ("Temperature complete", "Température complète"),
    "complete_rain": ("Rain complete", "Pluie complète"),
    "table_day": ("Table of the days shown", "Tableau des jours affichés"),
    "table_month": ("Table of the months shown", "Tableau des mois affichés"),
    "table_year": ("Table of the years shown", "Tableau des années affichées"),
    "download_csv": ("Download CSV", "Télécharger en CSV"),
    "download_parquet": ("Download Parquet", "Télécharger en Parquet"),
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
