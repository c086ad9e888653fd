"""The page of the latest conditions."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "parameter": ("Parameter", "Paramètre"),
    "territory": ("Territory", "Territoire"),
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
    # States
    "state_no_territory": (
        "No station of this territory is in the publication.",
        "Aucune station de ce territoire n'est dans la publication.",
    ),
    "state_no_measure": (
        "No station of this territory reports this parameter in its latest observation.",
        "Aucune station de ce territoire ne donne ce paramètre dans sa dernière observation.",
    ),
    "silent_stations": (
        "Silent stations, more than {hours} h behind the newest observation: {n} of {total}.",
        "Stations muettes, à plus de {hours} h de la dernière observation : {n} sur {total}.",
    ),
}
