"""Who the figures come from, as their licences ask to be named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from repository import Repository
from shared.translations import LANGUAGES, text


@dataclass(frozen=True)
class Sources:
    """The sources of one publication. One that it does not describe is called by its key, without a licence."""

    names: Mapping[str, tuple[str, ...]]  # by source: in each language
    licences: Mapping[str, str]
    is_simulated: bool

    def name(self, language: str, source: str) -> str:
        """The name of one source, or what it imitates when the warehouse is simulated, short enough for a list."""
        name = self._plain_name(language, source)
        return text(language, "source_name_simulated", source=name) if self.is_simulated else name

    def attribution(self, language: str, sources: Iterable[str]) -> str:
        """The names of `sources` with their licences, or what they imitate when the warehouse is simulated."""
        names = {source: self._plain_name(language, source) for source in sorted(set(sources))}
        if self.is_simulated:
            return text(language, "source_simulated", source=", ".join(names.values()))
        return ", ".join(
            f"{name} ({self.licences[source]})" if source in self.licences else name for source, name in names.items()
        )

    def _plain_name(self, language: str, source: str) -> str:
        return self.names[source][LANGUAGES.index(language)] if source in self.names else source


def sources(repository: Repository, warehouse_kind: str) -> Sources:
    """Those that the publication describes."""
    rows = repository.sources().to_dict("records")
    return Sources(
        {row["source"]: tuple(row[f"name_{language}"] for language in LANGUAGES) for row in rows},
        {row["source"]: row["licence"] for row in rows},
        is_simulated=warehouse_kind == "simulated",
    )
