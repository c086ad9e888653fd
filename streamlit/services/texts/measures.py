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
    "days": ("Days", "Jours"),
    "observed": ("Observed (UTC)", "Observé (UTC)"),
    "age": ("Age", "Âge"),
    "from_direction": ("from {direction}", "de {direction}"),
    "calm": ("calm", "calme"),
    "available_years": ("{years}, the years there are", "{years}, les années disponibles"),
    "method": ("How this is worked out", "Comment c'est calculé"),
}
