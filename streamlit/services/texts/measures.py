"""Names of measures and of what is said about them, on more than one page."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "temperature": ("Temperature", "Température"),
    "rain_3h": ("Rain, 3 h", "Pluie, 3 h"),
    "rain_24h": ("Rain, 24 h", "Pluie, 24 h"),
    "wind": ("Wind", "Vent"),
    "gust": ("Gust", "Rafale"),
    "pressure": ("Pressure", "Pression"),
    "humidity": ("Humidity", "Humidité"),
    "dew_point": ("Dew point", "Point de rosée"),
    "condition": ("Weather", "Temps"),
    "station": ("Station", "Station"),
    "place": ("Place", "Lieu"),
    "day": ("Day", "Jour"),
    "month": ("Month", "Mois"),
    "year": ("Year", "Année"),
    "share": ("Share", "Part"),
    "element": ("Element", "Grandeur"),
    "days": ("Days", "Jours"),
    "observed": ("Observed (UTC)", "Observé (UTC)"),
    "age": ("Age", "Âge"),
    "from_direction": ("from {direction}", "de {direction}"),
    "calm": ("calm", "calme"),
    "available_years": ("{years}, the years there are", "{years}, les années disponibles"),
    "method": ("How this is worked out", "Comment c'est calculé"),
    # Pages of figures
    "source_name_simulated": ("simulated {source}", "{source} simulé"),
    "place_choice": ("Place", "Lieu"),
    "sample_days": ("{n} of {total} days", "{n} jours sur {total}"),
    "table_shown": ("Table of what is shown", "Tableau de ce qui est montré"),
    "download_shown": (
        "Exactly the rows shown, with the marts' column names where they are the marts' figures.",
        "Exactement les lignes montrées, avec les noms de colonnes des marts quand ce sont leurs chiffres.",
    ),
    "figures_alt": (
        "{title}, {place}. The figures are in the table below.",
        "{title}, {place}. Les valeurs sont dans le tableau ci-dessous.",
    ),
}
