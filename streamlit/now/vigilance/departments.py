"""The departments of metropolitan France: their names, and a map of tiles that needs no outlines.

A tile stands about where its department lies; around Paris the neighbours are pushed apart. All tiles are equal, so that the
small ones are seen as well as the large: a warning is for those who live there, not for square kilometres.
"""

from __future__ import annotations

TILES = """
.. .. .. .. .. 80 62 59 .. .. .. .. ..
.. .. .. 76 27 95 60 02 08 55 .. .. ..
.. .. 50 14 78 92 75 93 51 54 57 .. ..
29 22 35 61 28 91 94 77 10 52 88 67 ..
.. 56 53 72 37 41 45 89 21 70 90 68 ..
.. .. 44 49 86 36 18 58 71 39 25 .. ..
.. .. 85 79 87 23 63 03 69 01 74 .. ..
.. .. 17 16 24 19 15 43 42 38 73 .. ..
.. .. .. 33 47 46 12 48 07 26 05 .. ..
.. .. .. 40 32 82 81 30 84 04 06 .. ..
.. .. .. 64 65 31 11 34 13 83 .. .. ..
.. .. .. .. .. 09 66 .. .. .. .. .. 2B
.. .. .. .. .. .. .. .. .. .. .. .. 2A
"""
"""Department codes by row from north to south; `..` is no department."""

POSITIONS = {
    code: (column, row)
    for row, line in enumerate(TILES.strip().splitlines())
    for column, code in enumerate(line.split())
    if code != ".."
}
"""code: (column, row), both from 0, from the west and the north."""

# fmt: off
NAMES = {
    "01": "Ain", "02": "Aisne", "03": "Allier", "04": "Alpes-de-Haute-Provence", "05": "Hautes-Alpes",
    "06": "Alpes-Maritimes", "07": "Ardèche", "08": "Ardennes", "09": "Ariège", "10": "Aube", "11": "Aude",
    "12": "Aveyron", "13": "Bouches-du-Rhône", "14": "Calvados", "15": "Cantal", "16": "Charente",
    "17": "Charente-Maritime", "18": "Cher", "19": "Corrèze", "21": "Côte-d'Or", "22": "Côtes-d'Armor",
    "23": "Creuse", "24": "Dordogne", "25": "Doubs", "26": "Drôme", "27": "Eure", "28": "Eure-et-Loir",
    "29": "Finistère", "2A": "Corse-du-Sud", "2B": "Haute-Corse", "30": "Gard", "31": "Haute-Garonne",
    "32": "Gers", "33": "Gironde", "34": "Hérault", "35": "Ille-et-Vilaine", "36": "Indre",
    "37": "Indre-et-Loire", "38": "Isère", "39": "Jura", "40": "Landes", "41": "Loir-et-Cher", "42": "Loire",
    "43": "Haute-Loire", "44": "Loire-Atlantique", "45": "Loiret", "46": "Lot", "47": "Lot-et-Garonne",
    "48": "Lozère", "49": "Maine-et-Loire", "50": "Manche", "51": "Marne", "52": "Haute-Marne", "53": "Mayenne",
    "54": "Meurthe-et-Moselle", "55": "Meuse", "56": "Morbihan", "57": "Moselle", "58": "Nièvre", "59": "Nord",
    "60": "Oise", "61": "Orne", "62": "Pas-de-Calais", "63": "Puy-de-Dôme", "64": "Pyrénées-Atlantiques",
    "65": "Hautes-Pyrénées", "66": "Pyrénées-Orientales", "67": "Bas-Rhin", "68": "Haut-Rhin", "69": "Rhône",
    "70": "Haute-Saône", "71": "Saône-et-Loire", "72": "Sarthe", "73": "Savoie", "74": "Haute-Savoie",
    "75": "Paris", "76": "Seine-Maritime", "77": "Seine-et-Marne", "78": "Yvelines", "79": "Deux-Sèvres",
    "80": "Somme", "81": "Tarn", "82": "Tarn-et-Garonne", "83": "Var", "84": "Vaucluse", "85": "Vendée",
    "86": "Vienne", "87": "Haute-Vienne", "88": "Vosges", "89": "Yonne", "90": "Territoire de Belfort",
    "91": "Essonne", "92": "Hauts-de-Seine", "93": "Seine-Saint-Denis", "94": "Val-de-Marne", "95": "Val-d'Oise",
}
# fmt: on
"""code: name, as the French write it in both languages."""


def name(code: str) -> str:
    """A code that is not in the table, of a territory overseas, keeps itself."""
    return NAMES.get(code, code)
