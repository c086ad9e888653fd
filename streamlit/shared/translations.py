"""Every sentence of the app: `texts/<language>/` has a TOML file for each page and for what pages share.

A key is in one file only, and in the same file of each language.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "texts"
LANGUAGES = ("en", "fr")
DEFAULT_LANGUAGE = "en"
LANGUAGE_NAMES = {"en": "EN", "fr": "FR"}
"""Short, so that the navigation fits in one line of a telephone."""


def read(language: str) -> dict[str, str]:
    """key: sentence, `{name}` in it to be filled by the caller."""
    files = sorted((FOLDER / language).glob("*.toml"))
    return {key: sentence for file in files for key, sentence in tomllib.loads(file.read_text("utf-8")).items()}


TEXTS = {language: read(language) for language in LANGUAGES}
"""language: key: sentence."""

POINTS = {
    "en": ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
    "fr": ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSO", "SO", "OSO", "O", "ONO", "NO", "NNO"),
}
"""The sixteen points of the compass, clockwise from north."""

MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}

# fmt: off
MONTH_NAMES = {
    "en": ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin",
           "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
}
# fmt: on


def text(language: str, key: str, **values: object) -> str:
    """The sentence `key` in `language`, filled with `values`. KeyError for a key that is not in `texts/`."""
    return TEXTS[language][key].format(**values)


def language_of(wanted: str | None, locale: str | None) -> str:
    """The language in the address if it is one of ours, else the browser's, else the default."""
    if wanted in LANGUAGES:
        return str(wanted)
    browser = (locale or "")[:2].lower()
    return browser if browser in LANGUAGES else DEFAULT_LANGUAGE
