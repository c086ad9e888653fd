"""Every sentence of the app, in English and French: `texts/` has a table for each page and those that pages share.

Two halves side by side, so that a missing one shows in review and in a test.
"""

from __future__ import annotations

from services.texts import air_quality, climate, decide, forecasts, frame, health, measures, now, place

LANGUAGES = ("en", "fr")
DEFAULT_LANGUAGE = "en"
LANGUAGE_NAMES = {"en": "EN", "fr": "FR"}
"""Short, so that the navigation fits in one line of a telephone."""

TABLES = (
    frame.TEXTS,
    measures.TEXTS,
    now.TEXTS,
    place.TEXTS,
    climate.TEXTS,
    forecasts.TEXTS,
    air_quality.TEXTS,
    decide.TEXTS,
    health.TEXTS,
)
TEXTS: dict[str, tuple[str, str]] = {key: halves for table in TABLES for key, halves in table.items()}
"""key: (English, French). `{name}` is filled by the caller. A key is in one table only."""

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
    """The sentence `key` in `language`, filled with `values`. KeyError for a key that is not in the table."""
    return TEXTS[key][LANGUAGES.index(language)].format(**values)


def language_of(wanted: str | None, locale: str | None) -> str:
    """The language in the address if it is one of ours, else the browser's, else the default."""
    if wanted in LANGUAGES:
        return str(wanted)
    browser = (locale or "")[:2].lower()
    return browser if browser in LANGUAGES else DEFAULT_LANGUAGE
