"""The page of the latest conditions."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "parameter": ("Parameter", "Paramètre"),
    "territory": ("Territory", "Territoire"),
    "places_reporting": ("Places", "Lieux"),
    "warmest": ("Warmest", "Plus chaud"),
    "coldest": ("Coldest", "Plus froid"),
    "windiest": ("Strongest wind", "Vent le plus fort"),
    "wettest": ("Most rain, 24 h", "Plus de pluie, 24 h"),
    "reporting_of": ("of {total} up to date", "à jour sur {total}"),
    "map_hint": (
        "Choose a place on the map or in the table to open its page. A hollow circle has no current value.",
        "Choisissez un lieu sur la carte ou dans le tableau pour ouvrir sa page. Un cercle vide n'a pas de valeur actuelle.",
    ),
    "wind_hint": ("The point on a circle shows where the wind goes.", "La pointe d'un cercle montre où va le vent."),
    "map_alt": (
        "Map of {territory}: {parameter} at {n} places; the table beside it has the same values.",
        "Carte, {territory} : {parameter} à {n} lieux ; le tableau voisin donne les mêmes valeurs.",
    ),
    "table_title": ("Places", "Lieux"),
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
    "territory_world": ("All places (world)", "Tous les lieux (monde)"),
    # Vigilance
    "vigilance": ("Vigilance", "Vigilance"),
    "phenomenon": ("Phenomenon", "Phénomène"),
    "phenomenon_all": ("All phenomena", "Tous les phénomènes"),
    "department": ("Department", "Département"),
    "colour_1": ("green", "vert"),
    "colour_2": ("yellow", "jaune"),
    "colour_3": ("orange", "orange"),
    "colour_4": ("red", "rouge"),
    "colour_unknown": ("unknown", "inconnue"),
    "departments_in": ("{n} in {colour}", "{n} en {colour}"),
    "departments_heading": ("Departments: {counts}.", "Départements : {counts}."),
    "until": ("until {moment} UTC.", "jusqu'au {moment} UTC."),
    "vigilance_ahead": ("Later:", "Plus tard :"),
    "from_until": ("{begin} to {end} UTC.", "du {begin} au {end} UTC."),
    "vigilance_made": ("Map made {made} UTC. Source: {source}", "Carte du {made} UTC. Source : {source}"),
    "vigilance_alt": (
        "A tile for each department of metropolitan France in the colour of its vigilance; the lines above name all that "
        "are not green.",
        "Une case par département de France métropolitaine, à la couleur de sa vigilance ; les lignes ci-dessus nomment tous "
        "ceux qui ne sont pas en vert.",
    ),
    "vigilance_legend": (
        "One tile for each department, about where it lies. Y yellow, O orange, R red; no letter: green.",
        "Une case par département, à peu près à sa place. J jaune, O orange, R rouge ; sans lettre : vert.",
    ),
    "vigilance_untold": (
        "Grey: the map says nothing of {n} departments.",
        "Gris : la carte ne dit rien de {n} départements.",
    ),
    # What is unusual
    "unusual": ("What is unusual", "Ce qui sort de l'ordinaire"),
    "anomaly_line": (
        "**{station}**, {day}: mean {value}, **{anomaly}** against the normal ({source} {reference}; {n} years)",
        "**{station}**, {day} : moyenne {value}, **{anomaly}** par rapport à la normale ({source} {reference} ; {n} ans)",
    ),
    "anomaly_z": (", {z} standard deviations of its days", ", {z} écarts types de ses journées"),
    "record_near": (
        "**{station}**, {day}: {element} {value}, near the record of {series}, **{record}** on {record_day} (since {first}, {n} "
        "years)",
        "**{station}**, {day} : {element} {value}, près du record {series}, **{record}** le {record_day} (depuis {first}, {n} "
        "ans)",
    ),
    "record_broken": (
        "**{station}**, {day}: {element} **{value}**, a record of {series}; before it {record} on {record_day} (since {first}, "
        "{n} years)",
        "**{station}**, {day} : {element} **{value}**, record {series} ; avant lui {record} le {record_day} (depuis {first}, {n} "
        "ans)",
    ),
    "record_all": ("the series", "de la série"),
    "record_month": ("{month}", "de {month}"),
    "element_highest_temperature_max_c": ("maximum", "maximum"),
    "element_lowest_temperature_min_c": ("minimum", "minimum"),
    "element_highest_precipitation_mm": ("rain of the day", "pluie du jour"),
    "unusual_more": ("And {n} more.", "Et {n} de plus."),
    "unusual_basis": (
        "{n} of the {total} places with a complete day have a normal. A line opens the place on the month that ends that day.",
        "{n} des {total} lieux qui ont une journée complète ont une normale. Une ligne ouvre le lieu sur le mois qui finit ce "
        "jour-là.",
    ),
    "nothing_unusual": (
        "No place is unusually far from its normal or near a record. The furthest:",
        "Aucun lieu n'est loin de sa normale ni près d'un record. Les plus éloignés :",
    ),
    "unusual_method": (
        "**Normals** are monthly means of temperature; a day is held against the line through the middles of the months. It is "
        "unusual from {z} standard deviations on, of the complete days of the month in all years, where there are {years}; "
        "elsewhere from {unusual} °C on. **Records** are those of the series in the publication, not of the place; a maximum "
        "or minimum within {near} °C of one and a day's rain within {share} % of one are listed, where the series has {years} "
        "years.",
        "**Les normales** sont des moyennes mensuelles de température ; un jour est comparé à la ligne qui joint les milieux "
        "des mois. Il sort de l'ordinaire à partir de {z} écarts types des journées complètes du mois de toutes les années, "
        "s'il y en a {years} ; ailleurs, à partir de {unusual} °C. **Les records** sont ceux de la série publiée, pas du lieu ; "
        "un maximum ou un minimum à moins de {near} °C d'un record et une pluie à moins de {share} % sont cités, si la série a "
        "{years} ans.",
    ),
    # States
    "state_no_vigilance": (
        "The publication has no vigilance map. Load one with `isobar load meteofrance_vigilance`, then run `isobar build`.",
        "La publication n'a pas de carte de vigilance. Chargez-en une avec `isobar load meteofrance_vigilance`, puis lancez "
        "`isobar build`.",
    ),
    "state_vigilance_expired": (
        "The newest vigilance map, of {made} UTC, said nothing beyond {until} UTC. What holds now is unknown, and not green. "
        "Load the map in force with `isobar load meteofrance_vigilance`.",
        "La dernière carte de vigilance, du {made} UTC, ne dit rien après le {until} UTC. Ce qui vaut maintenant est inconnu, "
        "et n'est pas vert. Chargez la carte en vigueur avec `isobar load meteofrance_vigilance`.",
    ),
    "state_no_basis": (
        "No place here can be compared with what is usual: that takes normals of {years} years, and the longest series "
        "published has {longest}.",
        "Aucun lieu d'ici ne peut être comparé à l'habituel : il y faut des normales de {years} ans, et la plus longue série "
        "publiée en a {longest}.",
    ),
    "state_no_territory": (
        "No place of this territory is in the publication.",
        "Aucun lieu de ce territoire n'est dans la publication.",
    ),
    "state_no_measure": (
        "No place of this territory reports this parameter in its latest observation.",
        "Aucun lieu de ce territoire ne donne ce paramètre dans sa dernière observation.",
    ),
    "silent_stations": (
        "Silent places, more than {hours} h behind the newest observation: {n} of {total}.",
        "Lieux muets, à plus de {hours} h de la dernière observation : {n} sur {total}.",
    ),
}
