"""Who follows a job while it runs: nobody, unless its caller says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A step begins. `title` names it, `rest` says more of it."""

    title: str
    rest: str = ""


@dataclass(frozen=True)
class Remark:
    """Something its user should know: `label` is a word or two (`not done after it`); `is_bad`: it calls for action."""

    label: str
    text: str
    is_bad: bool = False


class Watcher:
    """Looks on in silence. The console (isobar/console.py) draws bars and prints; a scheduler may log."""

    def progress(self, what: str, done: int, total: int) -> None:
        """`done` of `total` of a step are done; a total of 0 is unknown."""

    def tell(self, told: object) -> None:
        """A heading, a remark, a line of text, or the summary of a step that has just ended."""


SILENT = Watcher()
