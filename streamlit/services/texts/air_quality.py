"""Air quality, a part of the page of forecasts."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "days_shown": ("Days", "Jours"),
    "days_3d": ("3 days", "3 jours"),
    "days_7d": ("7 days", "7 jours"),
    "days_14d": ("14 days", "14 jours"),
    "pollutant": ("Pollutant", "Polluant"),
    "air_headline": (
        "**{place}, {moment} UTC ({age})**, by four indices that are not comparable: each has pollutants, averaging times and "
        "bounds "
        "of its own.",
        "**{place}, {moment} UTC ({age})**, selon quatre indices qui ne se comparent pas : chacun a ses polluants, ses durées de "
        "moyenne et ses seuils.",
    ),
    "air_modelled": (
        "OpenWeather's concentrations are a model's analysis on a grid, not a station's measurement, and none of these indices "
        "is "
        "what an agency published.",
        "Les concentrations d'OpenWeather sont l'analyse d'un modèle sur une grille, non la mesure d'une station ; aucun de ces "
        "indices n'est celui qu'une agence a publié.",
    ),
    "index_eaqi_2025": ("European index (EAQI, 2025)", "Indice européen (EAQI, 2025)"),
    "index_atmo_2021": ("French index (ATMO, 2021)", "Indice français (ATMO, 2021)"),
    "index_us_aqi_2024": ("US index (AQI, 2024)", "Indice américain (AQI, 2024)"),
    "index_openweather": ("OpenWeather's index", "Indice d'OpenWeather"),
    "short_eaqi_2025": ("EAQI 2025", "EAQI 2025"),
    "short_atmo_2021": ("ATMO 2021", "ATMO 2021"),
    "short_us_aqi_2024": ("US AQI 2024", "AQI US 2024"),
    "short_openweather": ("OpenWeather", "OpenWeather"),
    "basis_eaqi_2025": (
        "1 to 6, of the concentrations of the hour.",
        "De 1 à 6, selon les concentrations de l'heure.",
    ),
    "basis_atmo_2021": (
        "1 to 6, of the 24 h before: the mean for particles, the highest hour for gases.",
        "De 1 à 6, sur les 24 h précédentes : la moyenne pour les particules, l'heure la plus forte pour les gaz.",
    ),
    "basis_us_aqi_2024": (
        "0 to 500, above 100 unhealthy: mean of 24 h for particles, of 8 h for O₃ and CO, the hour for NO₂ and SO₂.",
        "De 0 à 500, malsain au-dessus de 100 : moyenne de 24 h pour les particules, de 8 h pour O₃ et CO, l'heure pour NO₂ et "
        "SO₂.",
    ),
    "basis_openweather": (
        "1 to 5, of the concentrations of the hour; a scale of the provider's own.",
        "De 1 à 5, selon les concentrations de l'heure ; une échelle propre au fournisseur.",
    ),
    "worst_pollutant": ("decided by {pollutant}", "d'après {pollutant}"),
    "index_incomplete": (
        "Of {n} pollutants only: others had no value, or too few hours.",
        "Sur {n} polluants seulement : les autres n'avaient pas de valeur, ou trop peu d'heures.",
    ),
    "concentrations": ("Concentrations of that hour, µg/m³", "Concentrations de cette heure, µg/m³"),
    "chart_pollutant": (
        "{pollutant}, µg/m³: the last days and the forecast",
        "{pollutant}, µg/m³ : derniers jours et prévision",
    ),
    "kind_analysed": ("analysed", "analysé"),
    "kind_forecast": ("forecast", "prévu"),
    "air_forecast_issued": ("Forecast issued {moment} UTC ({age}).", "Prévision émise le {moment} UTC ({age})."),
    "air_no_forecast": ("No forecast of pollutants is published.", "Aucune prévision de polluants n'est publiée."),
    "chart_indices": ("The four indices hour by hour", "Les quatre indices, heure par heure"),
    "chart_indices_note": (
        "The darker, the worse: from the best class of each index (pale yellow) to its worst (dark brown). Gray hours have "
        "no analysis.",
        "Plus c'est foncé, plus c'est mauvais : de la meilleure classe de chaque indice (jaune pâle) à la pire (brun foncé). "
        "Les heures grises n'ont pas d'analyse.",
    ),
    "air_alt": (
        "{title}, {place}. The figures are in the tables below.",
        "{title}, {place}. Les valeurs sont dans les tableaux ci-dessous.",
    ),
    "at_hour": ("Time (UTC)", "Heure (UTC)"),
    "index": ("Index", "Indice"),
    "index_label": ("Class", "Classe"),
    "pollutants_counted": ("Pollutants", "Polluants"),
    "pollutants_complete": ("All of them", "Tous"),
    "worst": ("Worst pollutant", "Pire polluant"),
    "kind": ("Kind", "Nature"),
    "table_concentrations": ("Concentrations of the hours shown", "Concentrations des heures affichées"),
    "table_indices": ("Indices of the hours shown", "Indices des heures affichées"),
    "table_air_forecast": ("Forecast of pollutants", "Prévision des polluants"),
    "file_concentrations_csv": ("Concentrations as CSV", "Concentrations en CSV"),
    "file_concentrations_parquet": ("Concentrations as Parquet", "Concentrations en Parquet"),
    "file_indices_csv": ("Indices as CSV", "Indices en CSV"),
    "file_indices_parquet": ("Indices as Parquet", "Indices en Parquet"),
    "file_air_forecast_csv": ("Forecast as CSV", "Prévision en CSV"),
    "file_air_forecast_parquet": ("Forecast as Parquet", "Prévision en Parquet"),
    "how_indices": ("What each index means", "Ce que veut dire chaque indice"),
    "how_indices_text": (
        "- **An index is that of its worst pollutant.** Where several are as bad the first of PM2.5, PM10, NO₂, O₃, SO₂, CO is "
        "named; "
        "in clean air that says little.\n"
        "- **EAQI, 2025** (European Environment Agency; bounds of ETC-HE report 2024/17): PM2.5, PM10, NO₂, O₃, SO₂ of the hour, "
        "in six classes from good to extremely poor.\n"
        "- **ATMO, 2021** (decree of 10 July 2020, the index of the French associations): the same pollutants over 24 h. An "
        "agency gives "
        "one for a day; here it is of the 24 h that end with the hour.\n"
        "- **US AQI, 2024** (40 CFR 58, appendix G): with CO, 0 to 500. 50 ends *good*, 100 *moderate*, 150 *unhealthy for "
        "sensitive "
        "groups*, 200 *unhealthy*, 300 *very unhealthy*.\n"
        "- **OpenWeather**: with CO, five classes of the hour, as its documentation gives them.\n"
        "- A mean needs three quarters of its hours. A pollutant without value takes no part, and the card says so.",
        "- **Un indice est celui de son pire polluant.** Quand plusieurs se valent, le premier de PM2.5, PM10, NO₂, O₃, SO₂, CO "
        "est "
        "nommé ; dans un air pur, cela dit peu.\n"
        "- **EAQI, 2025** (Agence européenne pour l'environnement ; seuils du rapport ETC-HE 2024/17) : PM2.5, PM10, NO₂, O₃, "
        "SO₂ de "
        "l'heure, en six classes de bon à extrêmement mauvais.\n"
        "- **ATMO, 2021** (arrêté du 10 juillet 2020, l'indice des associations agréées) : les mêmes polluants sur 24 h. Une "
        "agence en "
        "donne un par jour ; ici il porte sur les 24 h qui finissent avec l'heure.\n"
        "- **AQI américain, 2024** (40 CFR 58, annexe G) : avec CO, de 0 à 500. 50 clôt *bon*, 100 *modéré*, 150 *mauvais pour "
        "les "
        "groupes sensibles*, 200 *mauvais*, 300 *très mauvais*.\n"
        "- **OpenWeather** : avec CO, cinq classes de l'heure, telles que les donne sa documentation.\n"
        "- Une moyenne demande les trois quarts de ses heures. Un polluant sans valeur ne compte pas, et la fiche le dit.",
    ),
    "pollutant_pm2_5": ("PM2.5, fine particles", "PM2.5, particules fines"),
    "pollutant_pm10": ("PM10, particles", "PM10, particules"),
    "pollutant_no2": ("NO₂, nitrogen dioxide", "NO₂, dioxyde d'azote"),
    "pollutant_o3": ("O₃, ozone", "O₃, ozone"),
    "pollutant_so2": ("SO₂, sulphur dioxide", "SO₂, dioxyde de soufre"),
    "pollutant_co": ("CO, carbon monoxide", "CO, monoxyde de carbone"),
    "pollutant_no": ("NO, nitric oxide", "NO, monoxyde d'azote"),
    "pollutant_nh3": ("NH₃, ammonia", "NH₃, ammoniac"),
    # States
    "state_no_air_quality": (
        "No air quality is published yet. Set a key and run `isobar load openweather`, then `isobar build`; or see the "
        "demonstration "
        "with `make run`.",
        "Aucune qualité de l'air n'est encore publiée. Donnez une clé et lancez `isobar load openweather`, puis `isobar build` "
        "; ou voyez "
        "la démonstration avec `make run`.",
    ),
    "state_no_pollutant": (
        "{pollutant} has no value at {place} in these days. Choose another pollutant or more days.",
        "{pollutant} n'a aucune valeur pour {place} ces jours-là. Choisissez un autre polluant ou plus de jours.",
    ),
    "state_no_index": (
        "No index could be computed for {place} in these days: too few of its hours have concentrations.",
        "Aucun indice n'a pu être calculé pour {place} ces jours-là : trop peu d'heures ont des concentrations.",
    ),
}
