"""The page of figures to decide by."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "page_decide": ("Decide", "Décider"),
    "title_decide": ("Figures to decide by", "Des chiffres pour décider"),
    "use": ("For", "Pour"),
    "use_energy": ("Energy", "Énergie"),
    "use_outdoor": ("Outdoor work", "Travail dehors"),
    "use_farming": ("Farming", "Agriculture"),
    "figure": ("Figure", "Chiffre"),
    "figure_heating": ("Heating degree days", "Degrés-jours de chauffage"),
    "figure_cooling": ("Cooling degree days", "Degrés-jours de climatisation"),
    "figure_growing": ("Growing degree days", "Degrés-jours de croissance"),
    "figure_frost": ("Frost nights", "Nuits de gel"),
    "figure_rain": ("Rain", "Pluie"),
    "figure_heat_index": ("Heat index", "Indice de chaleur"),
    "figure_apparent_temperature": ("Apparent temperature", "Température ressentie"),
    "figure_wind": ("Mean wind", "Vent moyen"),
    "figure_gust": ("Gust", "Rafale"),
    "threshold_heating": ("Base: heated below", "Base : on chauffe au-dessous de"),
    "threshold_cooling": ("Base: cooled above", "Base : on climatise au-dessus de"),
    "threshold_growing": ("Base: grows above", "Base : pousse au-dessus de"),
    "threshold_frost": ("Minimum at or below", "Minimum au plus à"),
    "threshold_outdoor": ("At or above", "Au moins"),
    "begins": ("Season begins on the 1st of", "La saison commence le 1er"),
    "season_choice": ("Season", "Saison"),
    "unit_heating": ("°C·d", "°C·j"),
    "unit_cooling": ("°C·d", "°C·j"),
    "unit_growing": ("°C·d", "°C·j"),
    "unit_frost": ("nights", "nuits"),
    "unit_rain": ("mm", "mm"),
    # What is decided on, in a line that is printed too
    "basis_heating": ("Heating degree days, base {threshold}", "Degrés-jours de chauffage, base {threshold}"),
    "basis_cooling": ("Cooling degree days, base {threshold}", "Degrés-jours de climatisation, base {threshold}"),
    "basis_growing": ("Growing degree days, base {threshold}", "Degrés-jours de croissance, base {threshold}"),
    "basis_frost": ("Nights with a minimum ≤ {threshold}", "Nuits de minimum ≤ {threshold}"),
    "basis_rain": ("Rain in all", "Cumul de pluie"),
    "basis_heat_index": ("Heat index ≥ {threshold}", "Indice de chaleur ≥ {threshold}"),
    "basis_apparent_temperature": ("Apparent temperature ≥ {threshold}", "Température ressentie ≥ {threshold}"),
    "basis_wind": ("Mean wind ≥ {threshold}", "Vent moyen ≥ {threshold}"),
    "basis_gust": ("Gust ≥ {threshold}", "Rafale ≥ {threshold}"),
    "decide_basis": ("{place} · {basis} · {span} · {source}", "{place} · {basis} · {span} · {source}"),
    "decide_published": ("Published {moment} UTC.", "Publié le {moment} UTC."),
    # Seasons
    "verdict_more": (
        "{share} more than {reference} on the same days.",
        "{share} de plus que {reference} les mêmes jours.",
    ),
    "verdict_less": (
        "{share} less than {reference} on the same days.",
        "{share} de moins que {reference} les mêmes jours.",
    ),
    "verdict_same": ("as much as {reference} on the same days.", "autant que {reference} les mêmes jours."),
    "the_standard": ("the normal {years}", "la normale {years}"),
    "the_other_season": ("the one other season", "la seule autre saison"),
    "the_other_seasons": ("the average of {n} other seasons", "la moyenne de {n} autres saisons"),
    "colon": (":", " :"),
    "since": ("Since {first}", "Depuis le {first}"),
    "against_standard": ("Against the normal {years}", "Écart à la normale {years}"),
    "against_others": ("Against other seasons", "Écart aux autres saisons"),
    "against_previous": ("Against the season before", "Écart à la saison d'avant"),
    "sample_same_days": ("same {n} days", "mêmes {n} jours"),
    "no_other_season": ("no other season", "pas d'autre saison"),
    "no_previous_season": ("not known", "inconnue"),
    "chart_accumulated_heating": (
        "Heating degree days since {first}, °C·d",
        "Degrés-jours de chauffage depuis le {first}, °C·j",
    ),
    "chart_accumulated_cooling": (
        "Cooling degree days since {first}, °C·d",
        "Degrés-jours de climatisation depuis le {first}, °C·j",
    ),
    "chart_accumulated_growing": (
        "Growing degree days since {first}, °C·d",
        "Degrés-jours de croissance depuis le {first}, °C·j",
    ),
    "chart_accumulated_frost": ("Frost nights since {first}", "Nuits de gel depuis le {first}"),
    "chart_accumulated_rain": ("Rain accumulated since {first}, mm", "Pluie cumulée depuis le {first}, mm"),
    "line_season": ("Season {season}", "Saison {season}"),
    "line_reference": ("Average of other seasons", "Moyenne des autres saisons"),
    "line_standard": ("Normal {years}", "Normale {years}"),
    "missing_days": (
        "{n} of {total} days are missing: they add nothing to the line, so the season's sum is at least what it shows.",
        "{n} jours sur {total} manquent : ils n'ajoutent rien à la ligne, la somme de la saison est donc au moins ce qu'elle "
        "montre.",
    ),
    "seasons_used": (
        "Other seasons: {first} to {last}; each day is of {count} of them.",
        "Autres saisons : de {first} à {last} ; chaque jour en a {count}.",
    ),
    "line_left_out": (
        "Not drawn, because more than one day in twenty is missing: {lines}.",
        "Non tracé, parce que plus d'un jour sur vingt manque : {lines}.",
    ),
    # Frost dates
    "frost_dates_title": (
        "Last frost of spring and first of autumn, by year",
        "Dernier gel du printemps et premier de l'automne, par année",
    ),
    "spring": ("Last frost of spring", "Dernier gel du printemps"),
    "autumn": ("First frost of autumn", "Premier gel de l'automne"),
    "frost_never": (
        "{name}: none in {n} complete years.",
        "{name} : aucun en {n} années complètes.",
    ),
    "frost_no_year": (
        "{name}: no year is complete enough to tell.",
        "{name} : aucune année n'est assez complète pour le dire.",
    ),
    "frost_spring_dates": (
        "{name}: in half of the years by {median}, at the latest {extreme}{one_in_ten} ({frosts} of {n} complete years had "
        "one).",
        "{name} : une année sur deux au plus tard le {median}, le plus tardif le {extreme}{one_in_ten} ({frosts} années "
        "complètes "
        "sur {n} en ont eu un).",
    ),
    "frost_autumn_dates": (
        "{name}: in half of the years from {median} on, at the earliest {extreme}{one_in_ten} ({frosts} of {n} complete years "
        "had "
        "one).",
        "{name} : une année sur deux à partir du {median}, le plus précoce le {extreme}{one_in_ten} ({frosts} années complètes "
        "sur "
        "{n} en ont eu un).",
    ),
    "one_in_ten_spring": (", after {day} in one of ten", ", après le {day} une fois sur dix"),
    "one_in_ten_autumn": (", before {day} in one of ten", ", avant le {day} une fois sur dix"),
    "frost_dates_note": (
        "Pale marks: more than one night in twenty of that half-year is missing; they do not count above.",
        "Points pâles : plus d'une nuit sur vingt de ce semestre manque ; ils ne comptent pas ci-dessus.",
    ),
    "nights_known": ("Nights known", "Nuits connues"),
    "accumulated": ("Sum", "Cumul"),
    "accumulated_reference": ("Sum, reference", "Cumul, référence"),
    "accumulated_previous": ("Sum, season before", "Cumul, saison d'avant"),
    # Outdoor
    "reports_above": ("Reports that reach it", "Relevés qui l'atteignent"),
    "days_above": ("Days that reach it", "Jours qui l'atteignent"),
    "highest_report": ("Highest", "Maximum"),
    "of_days_with_reports": ("of {n} with reports", "sur {n} avec relevés"),
    "days_with_reports": (
        "Reports on {n} of the {total} days of the period.",
        "Des relevés sur {n} des {total} jours de la période.",
    ),
    "n_of_total": ("{n} of {total}", "{n} sur {total}"),
    "verdict_reports": (
        "{share} of the reports; most often in {month} at {hour} UTC ({cell} of {n} reports).",
        "{share} des relevés ; le plus souvent en {month} à {hour} UTC ({cell} de {n} relevés).",
    ),
    "verdict_no_report": ("no report reaches it.", "aucun relevé ne l'atteint."),
    "chart_reports": (
        "Share of the reports that reach it, by month and hour (UTC), %",
        "Part des relevés qui l'atteignent, par mois et heure (UTC), %",
    ),
    "reports_note": (
        "A report stands for its moment (a gust for the time since the one before), every three hours by SYNOP. Hours are UTC: "
        "add one "
        "in winter and two in summer for metropolitan France. An empty cell has no report that tells it.",
        "Un relevé vaut pour son instant (une rafale, depuis le relevé d'avant), toutes les trois heures en SYNOP. Heures UTC "
        ": ajoutez "
        "une heure en hiver et deux en été pour la France métropolitaine. Une case vide n'a aucun relevé qui la donne.",
    ),
    "hour": ("Hour (UTC)", "Heure (UTC)"),
    "reports_count": ("Reports", "Relevés"),
    "reaching": ("Reaching it", "L'atteignent"),
    "decide_method": ("How this is computed", "Comment c'est calculé"),
    "method_seasons": (
        "Days of the French climatology; degree days of (minimum + maximum) / 2 of complete days, computed here for the base "
        "you chose: at 18 °C "
        "(growing: 10 °C) they are the published columns. Growing degree days hold the maximum at 30 °C and raise the minimum "
        "to the base. "
        "A missing day is left out of both sides of a comparison, never counted as zero. 29 February is compared with the "
        "28ths. "
        "The reference is the normal 1991-2020 with at least 24 of its seasons, else all other seasons there are.",
        "Journées de la climatologie française ; degrés-jours de (minimum + maximum) / 2 des journées complètes, calculés ici "
        "pour la base "
        "choisie : à 18 °C (croissance : 10 °C) ce sont les colonnes publiées. Les degrés-jours de croissance plafonnent le "
        "maximum à 30 °C et "
        "relèvent le minimum à la base. Un jour manquant est retiré des deux côtés d'une comparaison, jamais compté comme "
        "zéro. Le "
        "29 février est comparé aux 28. La référence est la normale 1991-2020 avec au moins 24 de ses saisons, sinon toutes "
        "les autres.",
    ),
    "method_reports": (
        "Heat index of the US National Weather Service (none below 26.7 °C: such a report counts as below), apparent "
        "temperature of the Australian "
        "Bureau of Meteorology, both in the shade. No index of sun or of clothing (WBGT) can be had from these reports. The "
        "thresholds "
        "offered are starting points, not rules of any profession.",
        "Indice de chaleur du National Weather Service des États-Unis (aucun sous 26,7 °C : un tel relevé compte au-dessous), "
        "température "
        "ressentie du Bureau of Meteorology australien, tous deux à l'ombre. Aucun indice du soleil ou du vêtement (WBGT) ne "
        "peut se tirer "
        "de ces relevés. Les seuils proposés sont des points de départ, pas les règles d'un métier.",
    ),
    "print_hint": (
        "To print or keep as PDF, use your browser's Print: menus and buttons stay out.",
        "Pour imprimer ou garder en PDF, utilisez Imprimer dans le navigateur : menus et boutons n'y sont pas.",
    ),
    # States
    "state_no_days": (
        "No whole day is published yet. Load a source with `isobar load synop`, then run `isobar build`.",
        "Aucune journée entière n'est encore publiée. Chargez une source avec `isobar load synop`, puis lancez `isobar build`.",
    ),
    "state_no_reports": (
        "No place has reports by the hour. Load them with `isobar load synop`, then run `isobar build`.",
        "Aucun lieu n'a de relevés horaires. Chargez-en avec `isobar load synop`, puis lancez `isobar build`.",
    ),
    "state_daily_only": (
        "{place} has daily figures only, and this needs reports by the hour. Choose another place.",
        "{place} n'a que des valeurs quotidiennes, et il faut ici des relevés horaires. Choisissez un autre lieu.",
    ),
    "state_season_untold": (
        "No day of {place} in this season tells this figure ({n} days asked). Choose another season or source.",
        "Aucun jour de {place} dans cette saison ne donne ce chiffre ({n} jours demandés). Choisissez une autre saison ou "
        "source.",
    ),
    "state_measure_untold": (
        "No report of {place} in this period tells this measure. Choose another one or a longer period.",
        "Aucun relevé de {place} sur cette période ne donne cette mesure. Choisissez-en une autre ou une période plus longue.",
    ),
}
