"""The page of a place's climate."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "page_climate": ("Climate", "Climat"),
    "title_climate": ("Climate of a place", "Le climat d'un lieu"),
    "source_months": ("{source} · {n} whole months, {first}–{last}", "{source} · {n} mois entiers, {first}–{last}"),
    "climate_view": ("Show", "Montrer"),
    "view_normals": ("Usual year", "Année habituelle"),
    "view_anomalies": ("Anomalies", "Écarts"),
    "view_days": ("Days by year", "Jours par an"),
    "view_records": ("Records", "Records"),
    "view_events": ("Events", "Événements"),
    # References
    "reference": ("Reference", "Référence"),
    "reference_standard": ("normal {years}", "normale {years}"),
    "reference_available": ("average of the years {years}", "moyenne des années {years}"),
    # Head
    "latest_month": ("Mean of {month}", "Moyenne de {month}"),
    "rank_month": ("{anomaly}; rank {rank} of {of}", "{anomaly} ; rang {rank} sur {of}"),
    "warmest_year": ("Warmest year: {year}", "Plus chaude : {year}"),
    "coldest_year": ("Coldest year: {year}", "Plus froide : {year}"),
    "of_complete_years": ("{anomaly}; of {of} complete", "{anomaly} ; sur {of} années"),
    "rank_alone": ("rank {rank} of {of}", "rang {rank} sur {of}"),
    "of_complete_alone": ("of {of} complete years", "sur {of} années complètes"),
    "complete_years": ("Complete years", "Années complètes"),
    "years_of": ("of {total}, {first} to {last}", "sur {total}, de {first} à {last}"),
    "climate_head_help": (
        "Rank 1 is the warmest of the same month of all years. Differences are from the reference named under the stripes.",
        "Le rang 1 est le plus chaud du même mois de toutes les années. Les écarts sont à la référence nommée sous les bandes.",
    ),
    # Stripes
    "stripes_title": (
        "Each year's mean temperature against the {reference}, °C",
        "Température moyenne de chaque année, écart à la {reference}, °C",
    ),
    "stripes_basis": (
        "One stripe a year, {complete} of {total} years in colour: a year counts when all its twelve months are complete, and "
        "its "
        "colour is the mean of their twelve anomalies. Grey years are not complete. The scale is the same at every place.",
        "Une bande par an, {complete} années sur {total} en couleur : une année compte quand ses douze mois sont complets, et "
        "sa "
        "couleur est la moyenne de leurs douze écarts. Les années grises sont incomplètes. L'échelle est la même partout.",
    ),
    "stripes_alt": (
        "Warming stripes of {place}, {first} to {last}: one stripe a year, blue below and red above the {reference}. The "
        "figures are "
        "in the table of the anomalies.",
        "Bandes du réchauffement, {place}, de {first} à {last} : une bande par an, bleue sous la {reference} et rouge "
        "au-dessus. Les "
        "valeurs sont dans le tableau des écarts.",
    ),
    "several_references": (
        "Months of the year have different references here: {references}.",
        "Les mois de l'année ont ici des références différentes : {references}.",
    ),
    "not_complete_year": ("year not complete", "année incomplète"),
    # Normals
    "normals_temperature": (
        "Usual temperature of each month, °C: from mean minimum to mean maximum, and mean",
        "Température habituelle de chaque mois, °C : du minimum moyen au maximum moyen, et moyenne",
    ),
    "normals_precipitation": (
        "Usual rain of each month, mm: average, and the range of six years in ten",
        "Pluie habituelle de chaque mois, mm : moyenne, et fourchette de six années sur dix",
    ),
    "normals_basis": (
        "{reference}: {least} to {most} years of complete months for temperature, {least_rain} to {most_rain} for rain.",
        "{reference} : {least} à {most} années de mois complets pour la température, {least_rain} à {most_rain} pour la pluie.",
    ),
    "normals_young": (
        "Fewer than ten years: these are averages of what is there, not yet what is usual.",
        "Moins de dix ans : ce sont des moyennes de ce qu'il y a, pas encore ce qui est habituel.",
    ),
    "mean_minimum": ("Mean minimum", "Minimum moyen"),
    "mean_maximum": ("Mean maximum", "Maximum moyen"),
    "six_in_ten": ("Six years in ten", "Six années sur dix"),
    "year_count": ("Years", "Années"),
    "temperature_years": ("Years, temperature", "Années, température"),
    "rain_years": ("Years, rain", "Années, pluie"),
    # Anomalies
    "element_temperature": ("Temperature", "Température"),
    "element_precipitation": ("Rain", "Pluie"),
    "anomaly": ("Anomaly", "Écart"),
    "expected": ("Reference", "Référence"),
    "months_complete": ("Complete months", "Mois complets"),
    "anomalies_years_temperature": (
        "Year by year, °C above or below the {reference}",
        "Année par année, °C au-dessus ou au-dessous de la {reference}",
    ),
    "anomalies_years_precipitation": (
        "Year by year, rain in % above or below the {reference}",
        "Année par année, pluie en % au-dessus ou au-dessous de la {reference}",
    ),
    "anomalies_months_temperature": ("Month by month, °C", "Mois par mois, °C"),
    "anomalies_months_precipitation": ("Month by month, %", "Mois par mois, %"),
    "anomalies_note": (
        "An empty year lacks a month. Grey months are missing or incomplete, or their month of the year has fewer than ten "
        "years. Colours "
        "end at {limit}.",
        "Il manque un mois aux années vides. Les mois gris manquent ou sont incomplets, ou leur mois de l'année a moins de dix "
        "ans. Les "
        "couleurs s'arrêtent à {limit}.",
    ),
    "no_figure": ("no figure", "sans valeur"),
    # Days by year
    "measure": ("Count", "Compter"),
    "measure_hot_days": ("Hot days", "Jours chauds"),
    "measure_frost_days": ("Frost days", "Jours de gel"),
    "measure_rainy_days": ("Rain days", "Jours de pluie"),
    "measure_heating": ("Heating", "Chauffage"),
    "measure_cooling": ("Cooling", "Climatisation"),
    "by_year_hot_days": ("Hot days of each year (maximum ≥ 25 °C)", "Jours chauds de chaque année (maximum ≥ 25 °C)"),
    "by_year_frost_days": ("Frost days of each year (minimum ≤ 0 °C)", "Jours de gel de chaque année (minimum ≤ 0 °C)"),
    "by_year_rainy_days": ("Rain days of each year (≥ 1 mm)", "Jours de pluie de chaque année (≥ 1 mm)"),
    "by_year_heating": (
        "Heating degree days of each calendar year, base 18 °C",
        "Degrés-jours de chauffage de chaque année civile, base 18 °C",
    ),
    "by_year_cooling": (
        "Cooling degree days of each calendar year, base 18 °C",
        "Degrés-jours de climatisation de chaque année civile, base 18 °C",
    ),
    "by_year_note": (
        "Paler years are not complete: the bar is what is known of them, the truth may be more. The line is the average of the "
        "{n} "
        "complete years, {mean}. A year without a bar has no figure.",
        "Les années pâles sont incomplètes : la barre est ce qu'on en sait, la vérité peut être au-dessus. Le trait est la "
        "moyenne "
        "des {n} années complètes, {mean}. Une année sans barre n'a pas de valeur.",
    ),
    "by_year_none_complete": (
        "No year is complete: each bar is what is known of its year, the truth may be more.",
        "Aucune année n'est complète : chaque barre est ce qu'on sait de son année, la vérité peut être au-dessus.",
    ),
    "sample_months": ("{n} of 12 months", "{n} mois sur 12"),
    "sample": ("Data", "Données"),
    "complete": ("Complete", "Complète"),
    # Records
    "season": ("Month", "Mois"),
    "season_all": ("Any month", "Tous les mois"),
    "record_element": ("Record", "Record"),
    "record_value": ("Value", "Valeur"),
    "record_date": ("Date", "Date"),
    "record_previous": ("Before", "Avant"),
    "record_previous_date": ("Set on", "Établi le"),
    "record_since": ("Since", "Depuis"),
    "record_note": (
        "Records of this series, not of the place: since when and of how many years stands beside each. A date is the first "
        "day "
        "that reached the value. “≥” or “≤”: that day was not covered whole, and the true extreme may lie beyond.",
        "Records de cette série, pas du lieu : depuis quand et sur combien d'années est écrit à côté. La date est celle du "
        "premier "
        "jour qui a atteint la valeur. « ≥ » ou « ≤ » : la journée n'est pas couverte en entier, le vrai extrême peut être "
        "au-delà.",
    ),
    "record_range_title": (
        "Highest and lowest temperature ever of each month, °C, around the usual range",
        "Température la plus haute et la plus basse de chaque mois, °C, autour de la fourchette habituelle",
    ),
    "record_highest": ("Highest ever", "Record haut"),
    "record_lowest": ("Lowest ever", "Record bas"),
    "usual_range_is": ("Usual range: {reference}.", "Fourchette habituelle : {reference}."),
    "usual_range": ("Usual range", "Fourchette habituelle"),
    "record_highest_temperature_max_c": ("Highest maximum", "Maximum le plus haut"),
    "record_lowest_temperature_min_c": ("Lowest minimum", "Minimum le plus bas"),
    "record_highest_temperature_min_c": (
        "Warmest night (highest minimum)",
        "Nuit la plus chaude (minimum le plus haut)",
    ),
    "record_lowest_temperature_max_c": ("Coldest day (lowest maximum)", "Journée la plus froide (maximum le plus bas)"),
    "record_highest_precipitation_mm": ("Most rain in a day", "Plus de pluie en un jour"),
    "record_highest_wind_gust_ms": ("Strongest gust", "Rafale la plus forte"),
    "record_highest_monthly_temperature_mean_c": ("Warmest month", "Mois le plus chaud"),
    "record_lowest_monthly_temperature_mean_c": ("Coldest month", "Mois le plus froid"),
    "record_highest_monthly_precipitation_mm": ("Wettest month", "Mois le plus arrosé"),
    "record_lowest_monthly_precipitation_mm": ("Driest month", "Mois le plus sec"),
    # Events
    "scope": ("Events of", "Événements de"),
    "scope_place": ("This place", "Ce lieu"),
    "scope_national": ("Metropolitan France", "France métropolitaine"),
    "event": ("Event", "Événement"),
    "event_heat_wave": ("Heat wave", "Vague de chaleur"),
    "event_cold_wave": ("Cold wave", "Vague de froid"),
    "event_heavy_rain": ("Heavy rain", "Fortes pluies"),
    "event_wind_storm": ("Wind storm", "Tempête"),
    "event_frost_spell": ("Frost spell", "Période de gel"),
    "event_name": ("{type} ({peak}), {span}", "{type} ({peak}), {span}"),
    "event_timeline": (
        "When: one mark an event, larger for longer ones; click one to see its days",
        "Quand : un point par événement, plus grand s'il dure ; cliquez pour voir ses jours",
    ),
    "event_type": ("Type", "Type"),
    "event_start": ("First day", "Premier jour"),
    "event_end": ("Last day", "Dernier jour"),
    "event_days": ("Days", "Jours"),
    "event_peak": ("Peak", "Pic"),
    "event_severity": ("Severity", "Gravité"),
    "severity_moderate": ("moderate", "modérée"),
    "severity_severe": ("severe", "sévère"),
    "severity_extreme": ("extreme", "extrême"),
    "event_series": ("Judged by", "D'après"),
    "event_ongoing": (
        "It reaches the newest day there is, and may go on.",
        "Il va jusqu'au dernier jour connu et peut continuer.",
    ),
    "event_start_uncertain": (
        "A day before it is missing: it may have begun earlier.",
        "Un jour manque avant lui : il a pu commencer plus tôt.",
    ),
    "event_end_uncertain": (
        "A day after it is missing: it may have ended later.",
        "Un jour manque après lui : il a pu finir plus tard.",
    ),
    "event_edges_uncertain": (
        "Days before and after it are missing: it may have been longer.",
        "Des jours manquent avant et après lui : il a pu durer plus longtemps.",
    ),
    "event_days_title": (
        "{element} of the event (darker) and of the days around it",
        "{element} de l'événement (foncé) et des jours voisins",
    ),
    "event_element_temperature_max_c": ("Daily maximum, °C,", "Maximum du jour, °C,"),
    "event_element_temperature_min_c": ("Daily minimum, °C,", "Minimum du jour, °C,"),
    "event_element_precipitation_mm": ("Daily rain, mm,", "Pluie du jour, mm,"),
    "event_element_wind_gust_max_ms": ("Strongest gust of the day, m/s,", "Rafale maximale du jour, m/s,"),
    "event_element_temperature_c": ("Thermal indicator, °C,", "Indicateur thermique, °C,"),
    "event_open": ("Open these days on the page of the place", "Ouvrir ces jours sur la page du lieu"),
    "event_method": ("How events are found", "Comment les événements sont trouvés"),
    "stations_told": ("Stations", "Stations"),
    "indicator_stations": (
        "Judged by {indicator}: {count} of its {full} stations reported on the days shown.",
        "D'après {indicator} : {count} de ses {full} stations ont répondu les jours montrés.",
    ),
    "indicator_national_30": (
        "the national thermal indicator (mean of (minimum + maximum) / 2 over Météo-France's 30 stations; needs all 30)",
        "l'indicateur thermique national (moyenne de (minimum + maximum) / 2 sur les 30 stations de Météo-France ; il les faut "
        "toutes)",
    ),
    "indicator_available": (
        "the indicator of the SYNOP stations that stand for Météo-France's 30 (Isobar's own, not Météo-France's figure)",
        "l'indicateur des stations SYNOP qui remplacent les 30 de Météo-France (propre à Isobar, pas le chiffre de "
        "Météo-France)",
    ),
    "rule_national_heat_wave": (
        "National heat wave: indicator ≥ 23.4 °C on 3 days, ≥ 25.3 °C on one of them; two days below 23.4 °C or one below 22.4 "
        "°C end it.",
        "Vague de chaleur nationale : indicateur ≥ 23,4 °C sur 3 jours, dont un ≥ 25,3 °C ; deux jours sous 23,4 °C ou un sous "
        "22,4 °C y mettent fin.",
    ),
    "rule_national_cold_wave": (
        "National cold wave: indicator < 0.9 °C on 3 days, ≤ −2 °C on one of them; two days at 0.9 °C or more or one above 2.2 "
        "°C end it.",
        "Vague de froid nationale : indicateur < 0,9 °C sur 3 jours, dont un ≤ −2 °C ; deux jours à 0,9 °C ou plus ou un "
        "au-dessus de 2,2 °C y mettent fin.",
    ),
    "rule_local_heat_wave": (
        "Heat wave of a place: maximum ≥ 30 °C on 3 days in a row, ≥ 35 °C on one of them. Metropolitan France only.",
        "Vague de chaleur d'un lieu : maximum ≥ 30 °C 3 jours de suite, dont un ≥ 35 °C. France métropolitaine seulement.",
    ),
    "rule_local_cold_wave": (
        "Cold wave of a place: maximum ≤ 0 °C on 3 days in a row. Metropolitan France only.",
        "Vague de froid d'un lieu : maximum ≤ 0 °C 3 jours de suite. France métropolitaine seulement.",
    ),
    "rule_local_heavy_rain": ("Heavy rain: days of ≥ 50 mm.", "Fortes pluies : jours de ≥ 50 mm."),
    "rule_local_wind_storm": (
        "Wind storm: days with a gust of ≥ 27.8 m/s (100 km/h).",
        "Tempête : jours avec une rafale ≥ 27,8 m/s (100 km/h).",
    ),
    "rule_local_frost_spell": (
        "Frost spell: minimum ≤ 0 °C on 6 days in a row. Metropolitan France only.",
        "Période de gel : minimum ≤ 0 °C 6 jours de suite. France métropolitaine seulement.",
    ),
    "rule_limits": (
        "A missing day ends an event. Places are judged by absolute thresholds, which say nothing of what is rare there.",
        "Un jour manquant met fin à un événement. Les lieux sont jugés à des seuils absolus, qui ne disent rien de ce qui y "
        "est rare.",
    ),
    # States
    "state_no_climate": (
        "No monthly climate is published yet: it needs days of SYNOP, CLIMAT or climatology. Load one with `isobar load "
        "climat`, then "
        "run `isobar build`.",
        "Aucun climat mensuel n'est encore publié : il faut des journées SYNOP, CLIMAT ou climatologie. Chargez-en avec "
        "`isobar load climat`, puis lancez `isobar build`.",
    ),
    "state_no_reference": (
        "No warming stripes of {place} yet: a reference needs ten years of complete months, and the best month of the year "
        "here has {n}. "
        "Load earlier years, or choose a place with a longer series.",
        "Pas encore de bandes du réchauffement pour {place} : une référence demande dix années de mois complets, et le mois le "
        "mieux "
        "connu n'en a ici que {n}. Chargez des années plus anciennes, ou choisissez un lieu dont la série est plus longue.",
    ),
    "state_no_complete_year": (
        "No year of {place} has twelve complete months with a reference, so no stripe has a colour; the months are under "
        "Anomalies.",
        "Aucune année de {place} n'a douze mois complets avec une référence : aucune bande n'a de couleur ; les mois sont sous "
        "Écarts.",
    ),
    "state_no_anomaly": (
        "No anomaly of this element at {place}: a reference needs ten years of complete months.",
        "Pas d'écart de cette grandeur à {place} : une référence demande dix années de mois complets.",
    ),
    "state_no_normals": (
        "No month of {place} is complete, so nothing says what is usual there.",
        "Aucun mois de {place} n'est complet : rien ne dit ce qui y est habituel.",
    ),
    "state_no_measure_by_year": (
        "This source does not tell this count at {place}.",
        "Cette source ne donne pas ce compte à {place}.",
    ),
    "state_no_records": (
        "No record of {place} for this month by this source: records need daily or complete monthly figures.",
        "Aucun record de {place} pour ce mois d'après cette source : il faut des valeurs quotidiennes ou des mois complets.",
    ),
    "state_no_events_place": (
        "No event of {place} by the rules below. Monthly figures alone (CLIMAT) cannot show one.",
        "Aucun événement de {place} d'après les règles ci-dessous. Des chiffres mensuels seuls (CLIMAT) n'en montrent pas.",
    ),
    "state_no_events_national": (
        "No heat or cold wave of metropolitan France by the rules below in the days there are.",
        "Aucune vague de chaleur ou de froid en France métropolitaine d'après les règles ci-dessous dans les jours "
        "disponibles.",
    ),
}
