"""What places are called: names of the lists as a reader writes them, and the other names under which they are found."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PLACES = tomllib.loads((Path(__file__).resolve().parents[1] / "assets" / "places.toml").read_text("utf-8"))
WORDS: Mapping[str, str] = PLACES["words"]
ALIASES: Mapping[str, list[str]] = PLACES["aliases"]

SMALL = frozenset("A AU AUX D DE DES DU EN ET L LA LE LES SOUS SUR".split())
"""Words without a capital, but for the first."""
SAINTS = frozenset({"ST", "STE", "SAINT", "SAINTE"})
ARRONDISSEMENT = re.compile(r"^Arrondissement (?:de (?:la |l['’])?|d['’]|du |des )", re.IGNORECASE)
"""OpenWeather names some cities after the district around them."""


@cache
def display_name(name: str) -> str:
    """`BORDEAUX-MERIGNAC` as `Bordeaux-Mérignac`, `ST GIRONS` as `Saint-Girons`, `Arrondissement de Lyon` as `Lyon`.

    A name that has small letters keeps them.
    """
    name = ARRONDISSEMENT.sub("", name.strip())
    if name != name.upper() or not re.search(r"[A-Z]{2}", name):
        return name
    pieces = re.split(r"([\s_/'’-]+)", name.replace("_", " "))
    written = []
    for number in range(0, len(pieces), 2):
        word = pieces[number]
        between = pieces[number + 1] if number + 1 < len(pieces) else ""
        begins = number == 0 or (pieces[number - 1] == "-" and between == " ")
        shown = word.lower() if word in SMALL and not begins else WORDS.get(word) or word.capitalize()
        if word in SAINTS and between == " ":
            between = "-"
        elif word in ("D", "L") and between == " ":
            between = "'"
        written.append(shown + re.sub(r"\s+", " ", between))
    return "".join(written)


def folded(text: str) -> str:
    """Without accents, in small letters, with a space for each hyphen or apostrophe: as it is typed in a hurry."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"[\s'’-]+", " ", plain.replace("œ", "oe").replace("Œ", "OE")).strip().lower()


def other_names(location_id: str, name: str, *territories: str) -> list[str]:
    """What else the place is looked for by: its aliases, its territory in each language, and these and the name without
    accents. None that `name` has in it, as letters are compared."""
    found: dict[str, str] = {}
    for each in (name, *ALIASES.get(location_id, ()), *territories):
        plain = folded(each)
        forms = [each, plain, re.sub(r"\bsaint(e?)\b", r"st\1", plain)]
        if each == name and plain == re.sub(r"[\s'’-]+", " ", name.lower()) and "saint" not in plain:
            continue  # its letters are those that are typed
        for form in forms:
            if form and form.lower() not in name.lower():
                found.setdefault(form.lower(), form)
    return list(found.values())
