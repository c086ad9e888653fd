"""Every sentence of the app, in English and French. One table, so that a missing half shows in review and in a test."""

from __future__ import annotations

LANGUAGES = ("en", "fr")
DEFAULT_LANGUAGE = "en"
LANGUAGE_NAMES = {"en": "EN", "fr": "FR"}
"""Short, so that the navigation fits in one line of a telephone."""

# key: (English, French). `{name}` is filled by the caller.
TEXTS: dict[str, tuple[str, str]] = {
    # Frame
    "language": ("Language", "Langue"),
    "page_now": ("Now", "Maintenant"),
    "page_place": ("Place", "Lieu"),
    "title_now": ("Latest conditions", "Dernières conditions"),
    "title_place": ("A station through time", "Une station au fil du temps"),
    "badge_real": ("Real data", "Données réelles"),
    "badge_simulated": ("Simulated data", "Données simulées"),
    "banner_simulated": (
        "These figures come from Isobar's simulator. Nobody measured them; do not use them to decide anything.",
        "Ces valeurs viennent du simulateur d'Isobar. Personne ne les a mesurées ; ne décidez rien d'après elles.",
    ),
    "newest": ("Newest observation {age} ({moment} UTC)", "Dernière observation {age} ({moment} UTC)"),
    "published": ("published {age}", "publié {age}"),
    "source": ("Source: {source}", "Source : {source}"),
    "source_simulated": ("simulated in the form of {source}", "simulé à la manière de {source}"),
    "units": ("Units: °C, mm, m/s, hPa, %", "Unités : °C, mm, m/s, hPa, %"),
    "time_zone": ("all times UTC", "toutes les heures en UTC"),
    "footer": (
        "Isobar {version} · publication {publication} · outlines: Natural Earth",
        "Isobar {version} · publication {publication} · contours : Natural Earth",
    ),
    "old_data": (
        "The newest observation is {age}. The page shows what was published last, not the weather of today.",
        "La dernière observation date d'{age}. La page montre la dernière publication, pas le temps d'aujourd'hui.",
    ),
    # Ages
    "age_minutes": ("{n} min ago", "il y a {n} min"),
    "age_hours": ("{n} h ago", "il y a {n} h"),
    "age_days": ("{n} days ago", "il y a {n} jours"),
    "age_months": ("{n} months ago", "il y a {n} mois"),
    "age_years": ("{n} years ago", "il y a {n} ans"),
    "age_ahead": ("{n} h ahead of the clock", "en avance de {n} h sur l'horloge"),
    # States
    "state_not_published": (
        "Nothing is published yet. Run `make run` for the demonstration, or load a source with `isobar load synop` and "
        "publish it with `isobar build`; this page then fills itself.",
        "Rien n'est encore publié. Lancez `make run` pour la démonstration, ou chargez une source avec "
        "`isobar load synop` et publiez-la avec `isobar build` ; cette page se remplira alors d'elle-même.",
    ),
    "state_empty": (
        "The publication holds no observation yet. Load a source with `isobar load synop`, then run `isobar build`.",
        "La publication ne contient encore aucune observation. Chargez une source avec `isobar load synop`, puis lancez "
        "`isobar build`.",
    ),
    "state_locked": (
        "Another program holds the published file open for writing. Close it, then reload this page.",
        "Un autre programme tient le fichier publié ouvert en écriture. Fermez-le, puis rechargez cette page.",
    ),
    "state_unreadable": (
        "The published file cannot be read: it is damaged or incomplete. Run `isobar build` to publish it again.",
        "Le fichier publié est illisible : il est abîmé ou incomplet. Lancez `isobar build` pour le publier de nouveau.",
    ),
    "state_incompatible": (
        "The published file comes from another version of Isobar and lacks what this page needs. Run `isobar build` to "
        "publish it again.",
        "Le fichier publié vient d'une autre version d'Isobar et n'a pas ce que cette page demande. Lancez "
        "`isobar build` pour le publier de nouveau.",
    ),
    "state_settings": ("A setting cannot be used. {detail}", "Un réglage est inutilisable. {detail}"),
    "state_no_territory": (
        "No station of this territory is in the publication.",
        "Aucune station de ce territoire n'est dans la publication.",
    ),
    "state_no_measure": (
        "No station of this territory reports this parameter in its latest observation.",
        "Aucune station de ce territoire ne donne ce paramètre dans sa dernière observation.",
    ),
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
    "silent_stations": (
        "Silent stations, more than {hours} h behind the newest observation: {n} of {total}.",
        "Stations muettes, à plus de {hours} h de la dernière observation : {n} sur {total}.",
    ),
    # Now
    "parameter": ("Parameter", "Paramètre"),
    "territory": ("Territory", "Territoire"),
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
    "observed": ("Observed (UTC)", "Observé (UTC)"),
    "age": ("Age", "Âge"),
    "from_direction": ("from {direction}", "de {direction}"),
    "calm": ("calm", "calme"),
    "stations_reporting": ("Stations", "Stations"),
    "warmest": ("Warmest", "Plus chaud"),
    "coldest": ("Coldest", "Plus froid"),
    "windiest": ("Strongest wind", "Vent le plus fort"),
    "wettest": ("Most rain, 24 h", "Plus de pluie, 24 h"),
    "reporting_of": ("of {total} up to date", "à jour sur {total}"),
    "map_hint": (
        "Choose a station on the map or in the table to open its page. A hollow circle has no current value.",
        "Choisissez une station sur la carte ou dans le tableau pour ouvrir sa page. Un cercle vide n'a pas de valeur actuelle.",
    ),
    "wind_hint": ("The point on a circle shows where the wind goes.", "La pointe d'un cercle montre où va le vent."),
    "map_alt": (
        "Map of {territory}: {parameter} at {n} stations; the table beside it has the same values.",
        "Carte, {territory} : {parameter} à {n} stations ; le tableau voisin donne les mêmes valeurs.",
    ),
    "table_title": ("Stations", "Stations"),
    "territory_metropole": ("Metropolitan France", "France métropolitaine"),
    "territory_antilles": ("French Antilles", "Antilles françaises"),
    "territory_guyane": ("French Guiana", "Guyane"),
    "territory_reunion": ("Réunion", "La Réunion"),
    "territory_mayotte": ("Mayotte", "Mayotte"),
    "territory_saint_pierre": ("Saint Pierre and Miquelon", "Saint-Pierre-et-Miquelon"),
    "territory_nouvelle_caledonie": ("New Caledonia", "Nouvelle-Calédonie"),
    "territory_polynesie": ("French Polynesia", "Polynésie française"),
    "territory_wallis": ("Wallis and Futuna", "Wallis-et-Futuna"),
    "territory_eparses": ("Scattered Islands", "Îles Éparses"),
    "territory_australes": ("Southern Lands", "Terres australes"),
    "territory_adelie": ("Adélie Land", "Terre Adélie"),
    "territory_world": ("All stations (world)", "Toutes les stations (monde)"),
    # Place
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
}

POINTS = {
    "en": ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
    "fr": ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSO", "SO", "OSO", "O", "ONO", "NO", "NNO"),
}
"""The sixteen points of the compass, clockwise from north."""

MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}


def text(language: str, key: str, **values: object) -> str:
    """The sentence `key` in `language`, filled with `values`. KeyError for a key that is not in the table."""
    return TEXTS[key][LANGUAGES.index(language)].format(**values)


def language_of(wanted: str | None, locale: str | None) -> str:
    """The language in the address if it is one of ours, else the browser's, else the default."""
    if wanted in LANGUAGES:
        return str(wanted)
    browser = (locale or "")[:2].lower()
    return browser if browser in LANGUAGES else DEFAULT_LANGUAGE
