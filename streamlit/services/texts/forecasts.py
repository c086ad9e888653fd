"""The page of forecasts against what happened; air quality has sentences of its own."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "page_forecasts": ("Forecasts", "Prévisions"),
    "title_forecasts": ("Forecast skill and air quality", "Qualité des prévisions et de l'air"),
    "subject": ("Subject", "Sujet"),
    "subject_skill": ("Forecast skill", "Qualité des prévisions"),
    "subject_air": ("Air quality", "Qualité de l'air"),
    "all_places": ("All places together", "Tous les lieux ensemble"),
    "place_without_pairs": ("{place} (not verified)", "{place} (sans vérification)"),
    "cloud_cover": ("Cloud cover", "Nébulosité"),
    "lead": ("How far ahead", "Échéance"),
    "lead_hours": ("{n} h ahead", "à {n} h"),
    "lead_day": ("{n} h ahead ({days} day)", "à {n} h ({days} jour)"),
    "lead_days": ("{n} h ahead ({days} days)", "à {n} h ({days} jours)"),
    "verified_month": ("Month", "Mois"),
    "all_months": ("All months", "Tous les mois"),
    # What a reader wants to know first
    "the_temperature": ("temperature", "température"),
    "the_rain_3h": ("rain", "pluie"),
    "the_wind": ("wind speed", "vitesse du vent"),
    "the_humidity": ("relative humidity", "humidité relative"),
    "the_pressure": ("sea-level pressure", "pression au niveau de la mer"),
    "the_cloud_cover": ("cloud cover", "nébulosité"),
    "headline": (
        "**{place}, {lead}: the forecast of {element} was off by {mae} on average**, {side} ({n} forecasts beside a station's "
        "measurement).",
        "**{place}, {lead} : la prévision de {element} s'écartait en moyenne de {mae}**, {side} ({n} prévisions confrontées à la "
        "mesure d'une station).",
    ),
    "headline_rain": (
        "**{place}, {lead}: 1 mm or more in 3 h was measured {events} times, and {hits} of them had been forecast** ({n} "
        "forecasts beside a measurement).",
        "**{place}, {lead} : au moins 1 mm en 3 h mesuré {events} fois, et annoncé {hits} fois sur celles-là** ({n} prévisions "
        "confrontées à une mesure).",
    ),
    "headline_no_rain": (
        "**{place}, {lead}: no station measured 1 mm or more in 3 h**, so nothing says how well such rain is forecast ({n} "
        "forecasts beside a measurement).",
        "**{place}, {lead} : aucune station n'a mesuré 1 mm ou plus en 3 h** ; rien ne dit donc si une telle pluie est bien "
        "prévue ({n} prévisions confrontées à une mesure).",
    ),
    "side_high": ("{bias} too high", "{bias} trop haut"),
    "side_low": ("{bias} too low", "{bias} trop bas"),
    "side_none": ("leaning to neither side", "sans pencher d'un côté"),
    # Scores and what they mean
    "figure_means": ("**{label}**: {meaning}", "**{label}** : {meaning}"),
    "mae": ("Average miss (MAE)", "Écart moyen (MAE)"),
    "bias": ("Bias", "Biais"),
    "rmse": ("RMSE", "RMSE"),
    "pod": ("Rain caught (POD)", "Pluie annoncée (POD)"),
    "far": ("False alarms (FAR)", "Fausses alertes (FAR)"),
    "csi": ("Success (CSI)", "Succès (CSI)"),
    "brier": ("Brier score", "Score de Brier"),
    "skill_persistence": ("Skill against persistence", "Gain sur la persistance"),
    "skill_climatology": ("Skill against climatology", "Gain sur la climatologie"),
    "n_pairs": ("{n} pairs", "{n} paires"),
    "of_count": ("{n} of {total}", "{n} sur {total}"),
    "means_mae": (
        "a forecast is off by {mae} on average, whichever the side.",
        "une prévision s'écarte de {mae} en moyenne, quel que soit le sens.",
    ),
    "means_bias": (
        "forecast less measurement, on average: {side}. Part of it is that the station stands elsewhere.",
        "prévision moins mesure, en moyenne : {side}. Une part vient de ce que la station est ailleurs.",
    ),
    "means_rmse": (
        "{rmse}; as the average miss, but large misses count more. Far above it, a few forecasts went badly wrong.",
        "{rmse} ; comme l'écart moyen, mais les grands écarts comptent davantage. Bien au-dessus de lui, quelques prévisions "
        "se sont lourdement trompées.",
    ),
    "means_pod": (
        "measured {total} times, 1 mm or more in 3 h had been forecast {n} times. 1 is perfect.",
        "au moins 1 mm en 3 h, mesuré {total} fois, avait été prévu {n} fois. 1 est parfait.",
    ),
    "few_pod": (
        "measured {total} times, 1 mm or more in 3 h had been forecast {n} times; it takes {needed} to give a rate.",
        "au moins 1 mm en 3 h, mesuré {total} fois, avait été prévu {n} fois ; il en faut {needed} pour donner un taux.",
    ),
    "means_far": (
        "forecast {total} times, it failed to come {n} times. 0 is perfect.",
        "prévu {total} fois, il n'est pas venu {n} fois. 0 est parfait.",
    ),
    "few_far": (
        "forecast {total} times, it failed to come {n} times; it takes {needed} to give a rate.",
        "prévu {total} fois, il n'est pas venu {n} fois ; il en faut {needed} pour donner un taux.",
    ),
    "means_csi": (
        "forecast or measured {total} times, it was both {n} times. 1 is perfect.",
        "prévu ou mesuré {total} fois, il a été les deux {n} fois. 1 est parfait.",
    ),
    "few_csi": (
        "forecast or measured {total} times, it was both {n} times; it takes {needed} to give a rate.",
        "prévu ou mesuré {total} fois, il a été les deux {n} fois ; il en faut {needed} pour donner un taux.",
    ),
    "means_brier": (
        "mean square of the probability of rain less what came (0.1 mm or more is 1). 0 is perfect; to say 50 % always is 0.25.",
        "carré moyen de la probabilité de pluie moins ce qui est arrivé (0,1 mm ou plus vaut 1). 0 est parfait ; annoncer "
        "toujours 50 % donne 0,25.",
    ),
    "skill_means_better": (
        "its mean square error is {percent} % smaller than {reference}.",
        "son erreur quadratique moyenne est de {percent} % plus petite que {reference}.",
    ),
    "skill_means_worse": (
        "its mean square error is {percent} % larger than {reference}.",
        "son erreur quadratique moyenne est de {percent} % plus grande que {reference}.",
    ),
    "reference_persistence": (
        "if the station's last measurement before the issue had been repeated",
        "si l'on avait répété la dernière mesure de la station avant l'émission",
    ),
    "reference_climatology": (
        "if the station's average of that month and hour had been forecast",
        "si l'on avait prévu la moyenne de la station pour ce mois et cette heure",
    ),
    "skill_persistence_none": (
        "no comparison with the last measurement: it takes {needed} pairs that have one.",
        "pas de comparaison avec la dernière mesure : il faut {needed} paires qui en ont une.",
    ),
    "skill_climatology_none": (
        "no comparison with the average of that month and hour: it takes {needed} pairs at stations with ten earlier years.",
        "pas de comparaison avec la moyenne de ce mois et de cette heure : il faut {needed} paires à des stations qui ont dix "
        "années antérieures.",
    ),
    # Charts
    "chart_error_by_lead": ("Error by lead time, {unit}", "Erreur selon l'échéance, {unit}"),
    "chart_error_note": (
        "Error is forecast less measurement. The band holds eight of ten errors, the dashed line is the lead chosen above.",
        "L'erreur est la prévision moins la mesure. La bande contient huit erreurs sur dix, le tireté marque l'échéance choisie.",
    ),
    "chart_error_note_rain": (
        "Error is forecast less measurement; most forecasts and measurements are of no rain. The dashed line is the lead chosen "
        "above.",
        "L'erreur est la prévision moins la mesure ; la plupart des prévisions et des mesures sont sans pluie. Le tireté marque "
        "l'échéance choisie.",
    ),
    "chart_skill_by_lead": (
        "Better than a naive forecast? Skill by lead time",
        "Mieux qu'une prévision naïve ? Gain selon l'échéance",
    ),
    "chart_skill_note": (
        "1 is a perfect forecast, 0 no better than the reference, below 0 worse. Persistence is hardest to beat at whole days "
        "ahead, "
        "when it repeats the same hour of the day.",
        "1 est une prévision parfaite, 0 ne vaut pas mieux que la référence, au-dessous de 0 c'est pire. La persistance est la "
        "plus "
        "forte aux jours entiers, quand elle répète la même heure du jour.",
    ),
    "chart_rain_by_lead": (
        "Rain of 1 mm or more in 3 h, by lead time",
        "Pluie d'au moins 1 mm en 3 h, selon l'échéance",
    ),
    "chart_rain_note": (
        "Caught and success: 1 is perfect. False alarms: 0 is perfect.",
        "Pluie annoncée et succès : 1 est parfait. Fausses alertes : 0 est parfait.",
    ),
    "chart_dots": (
        "Every forecast beside its measurement, {unit}, {lead}",
        "Chaque prévision face à sa mesure, {unit}, {lead}",
    ),
    "axis_lead": ("hours ahead", "heures d'avance"),
    "axis_forecast": ("forecast, {unit}", "prévu, {unit}"),
    "axis_measured": ("measured, {unit}", "mesuré, {unit}"),
    "dots_all": (
        "All {n} pairs. On the line forecast and measurement are the same; above it more was measured.",
        "Les {n} paires. Sur la droite, prévision et mesure sont égales ; au-dessus, la mesure est plus forte.",
    ),
    "dots_sampled": (
        "{n} of {total} pairs, the same ones every time (those whose keys have the lowest hashes). On the line forecast and "
        "measurement are the same; above it more was measured.",
        "{n} paires sur {total}, toujours les mêmes (celles dont les clés ont les plus petites empreintes). Sur la droite, "
        "prévision et mesure sont égales ; au-dessus, la mesure est plus forte.",
    ),
    "forecasts_alt": (
        "{title}. {place}, {element}. The figures are in the tables below.",
        "{title}. {place}, {element}. Les valeurs sont dans les tableaux ci-dessous.",
    ),
    "forecast_value": ("Forecast", "Prévu"),
    "observed_value": ("Measured", "Mesuré"),
    "forecast_error": ("Error", "Erreur"),
    "issued": ("Issued (UTC)", "Émise (UTC)"),
    "valid": ("For (UTC)", "Pour (UTC)"),
    "score": ("Score", "Score"),
    "pairs": ("Pairs", "Paires"),
    "behind": ("Cases behind it", "Cas derrière"),
    # The newest forecast
    "newest_forecast": ("Newest forecast of {place}, {unit}", "Dernière prévision pour {place}, {unit}"),
    "newest_forecast_issued": (
        "Issued {moment} UTC ({age}). The band is where eight of ten measurements lay so far, at each lead of this place.",
        "Émise le {moment} UTC ({age}). La bande est là où se trouvaient jusqu'ici huit mesures sur dix, à chaque échéance de ce "
        "lieu.",
    ),
    "newest_forecast_plain": (
        "Issued {moment} UTC ({age}). Too few of its forecasts met a measurement to say how far off it may be.",
        "Émise le {moment} UTC ({age}). Trop peu de ses prévisions ont été confrontées à une mesure pour dire de combien elle "
        "peut se tromper.",
    ),
    "newest_forecast_rain": (
        "Issued {moment} UTC ({age}). Amounts of the 3 h that end at each time; point at a bar for the probability of rain.",
        "Émise le {moment} UTC ({age}). Cumuls des 3 h qui finissent à chaque heure ; pointez une barre pour la probabilité de "
        "pluie.",
    ),
    "newest_forecast_of_all": (
        "Choose one place to see its newest forecast.",
        "Choisissez un lieu pour voir sa dernière prévision.",
    ),
    "value": ("Value", "Valeur"),
    "column_lead": ("Hours ahead", "Heures d'avance"),
    "column_p10": ("Error, 10th percentile", "Erreur, 10e centile"),
    "column_p90": ("Error, 90th percentile", "Erreur, 90e centile"),
    "column_probability": ("Probability of rain", "Probabilité de pluie"),
    "column_gap": ("Gap in time (min)", "Décalage (min)"),
    "likely": ("Eight of ten", "Huit sur dix"),
    # Tables
    "table_scores": ("Scores by lead time", "Scores selon l'échéance"),
    "table_pairs": ("The pairs drawn", "Les paires dessinées"),
    "table_stations": ("Which stations measured", "Quelles stations ont mesuré"),
    "distance": ("Distance (km)", "Distance (km)"),
    "altitude_difference": ("Altitude, station less place (m)", "Altitude, station moins lieu (m)"),
    "gap": ("Largest gap in time (min)", "Plus grand décalage (min)"),
    "measured_by": (
        "Measured at {station}, {distance} km away and {altitude}, {gap}.",
        "Mesuré à {station}, à {distance} km et {altitude}, {gap}.",
    ),
    "altitude_higher": ("{n} m higher", "{n} m plus haut"),
    "altitude_lower": ("{n} m lower", "{n} m plus bas"),
    "altitude_same": ("at the same altitude", "à la même altitude"),
    "gap_none": ("at the very time of the forecast", "à l'heure même de la prévision"),
    "gap_within": (
        "at most {n} min from the time of the forecast",
        "à {n} min au plus de l'heure de la prévision",
    ),
    "measured_by_many": (
        "Measured at {n} stations, the furthest {distance} km away: see below.",
        "Mesuré à {n} stations, la plus éloignée à {distance} km : voir plus bas.",
    ),
    "file_scores_csv": ("Scores as CSV", "Scores en CSV"),
    "file_scores_parquet": ("Scores as Parquet", "Scores en Parquet"),
    "file_pairs_csv": ("Pairs as CSV", "Paires en CSV"),
    "file_pairs_parquet": ("Pairs as Parquet", "Paires en Parquet"),
    "how_forecasts": ("How forecasts are verified", "Comment les prévisions sont vérifiées"),
    "how_forecasts_text": (
        "- A forecast is kept as it was issued, at every poll, and never revised.\n"
        "- It is held against a **station's** measurement, never against the forecaster's own analysis: the nearest station "
        "within "
        "{km} km and {metres} m of altitude with a value that passed quality control, within 30 minutes of the time forecast. "
        "Nothing is corrected for distance or altitude.\n"
        "- The lead time is counted from the poll; *24 h ahead* holds leads above 21 h and up to 24 h.\n"
        "- Scores of several places or months are of all their pairs together, never means of scores. With fewer than {needed} "
        "pairs none is shown.\n"
        "- Persistence repeats the station's last measurement before the issue, at most 3 h old. Climatology is the station's "
        "mean "
        "of that month and hour over at least ten earlier years.\n"
        "- Gusts, wind direction and visibility are not verified: what the provider gives does not say enough to compare it.",
        "- Une prévision est gardée telle qu'émise, à chaque relevé, et jamais révisée.\n"
        "- Elle est confrontée à la mesure d'une **station**, jamais à l'analyse du prévisionniste : la station la plus proche, "
        "à "
        "{km} km et {metres} m d'altitude au plus, dont la valeur a passé le contrôle de qualité, à 30 minutes au plus de "
        "l'heure "
        "prévue. Rien n'est corrigé de la distance ni de l'altitude.\n"
        "- L'échéance se compte depuis le relevé ; *à 24 h* contient les échéances de plus de 21 h à 24 h.\n"
        "- Les scores de plusieurs lieux ou mois portent sur toutes leurs paires ensemble, jamais sur des moyennes de scores. En "
        "dessous de {needed} paires, aucun n'est montré.\n"
        "- La persistance répète la dernière mesure de la station avant l'émission, vieille de 3 h au plus. La climatologie est "
        "la "
        "moyenne de la station pour ce mois et cette heure, sur au moins dix années antérieures.\n"
        "- Rafales, direction du vent et visibilité ne sont pas vérifiées : ce que donne le fournisseur n'en dit pas assez.",
    ),
    # States
    "state_no_forecast": (
        "No forecast is published yet. Set a key and run `isobar load openweather`, at several times, then `isobar build`; or "
        "see the demonstration with `make run`.",
        "Aucune prévision n'est encore publiée. Donnez une clé et lancez `isobar load openweather`, à plusieurs reprises, puis "
        "`isobar build` ; ou voyez la démonstration avec `make run`.",
    ),
    "state_no_pairs": (
        "Nothing to score yet: no forecast has met its measurement. Scores appear once forecasts have been loaded for a few days "
        "(`isobar load openweather`) and the observations of those days have followed (`isobar load synop`, `isobar build`).",
        "Rien à noter encore : aucune prévision n'a rencontré sa mesure. Les scores apparaissent quand des prévisions ont été "
        "chargées pendant quelques jours (`isobar load openweather`) et que les observations de ces jours ont suivi "
        "(`isobar load synop`, `isobar build`).",
    ),
    "state_place_not_verified": (
        "The forecasts of {place} are held against nothing: the nearest station is {station}, {distance} km away, and it takes "
        "one within {km} km and {metres} m of altitude that reports. Choose another place for scores.",
        "Les prévisions pour {place} ne sont confrontées à rien : la station la plus proche est {station}, à {distance} km, et "
        "il "
        "en faut une à {km} km et {metres} m d'altitude au plus, qui transmet. Choisissez un autre lieu pour des scores.",
    ),
    "state_element_not_verified": (
        "No forecast of this element has met a measurement at {place}. Choose another element or place.",
        "Aucune prévision de cet élément n'a rencontré de mesure pour {place}. Choisissez un autre élément ou un autre lieu.",
    ),
    "state_too_few_pairs": (
        "{place}, {lead}: only {n} forecasts have met a measurement. It takes {needed} to show scores; choose another lead, all "
        "months or all places, or come back later.",
        "{place}, {lead} : seules {n} prévisions ont rencontré une mesure. Il en faut {needed} pour montrer des scores ; "
        "choisissez "
        "une autre échéance, tous les mois ou tous les lieux, ou revenez plus tard.",
    ),
    "state_no_rain_scores": (
        "1 mm in 3 h came too rarely here to say how often it is caught: it takes {needed} times at a lead. Choose all places "
        "together.",
        "1 mm en 3 h est trop rare ici pour dire s'il est bien annoncé : il faut {needed} fois à une échéance. Choisissez tous "
        "les lieux ensemble.",
    ),
    "state_no_skill_scores": (
        "No comparison with a naive forecast yet: it takes {needed} pairs at a lead that have a reference.",
        "Pas encore de comparaison avec une prévision naïve : il faut {needed} paires à une échéance qui ont une référence.",
    ),
    "state_unknown_place": (
        "The address names a place without data here ({place}). Another one is shown.",
        "L'adresse nomme un lieu sans données ici ({place}). Un autre est affiché.",
    ),
}
