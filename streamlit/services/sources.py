"""Who the figures come from, as their licences ask to be named."""

from __future__ import annotations

from collections.abc import Iterable

from services.translations import text

ATTRIBUTIONS = {
    "synop": ("Météo-France SYNOP", "Licence Ouverte 2.0"),
    "climat": ("Météo-France CLIMAT", "Licence Ouverte 2.0"),
    "climatology": ("Météo-France, climatologie de base", "Licence Ouverte 2.0"),
    "meteofrance_vigilance": ("Météo-France Vigilance", "Licence Ouverte 2.0"),
    "openweather": ("OpenWeather", "openweathermap.org"),
}
"""By source: name and licence."""


def attribution(language: str, sources: Iterable[str], warehouse_kind: str) -> str:
    """The names of `sources` with their licences, or what they imitate when the warehouse is simulated.

    A source that is not in the table keeps its key.
    """
    known = [ATTRIBUTIONS.get(source, (source, "")) for source in sorted(set(sources))]
    if warehouse_kind == "simulated":
        return text(language, "source_simulated", source=", ".join(name for name, _ in known))
    return ", ".join(f"{name} ({licence})" if licence else name for name, licence in known)
