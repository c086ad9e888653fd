"""What `deploy/cloud/` describes, and its state in the cloud: shared by the bucket and by the stream's path."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from isobar.settings import PROJECT_ROOT

DESCRIPTION = PROJECT_ROOT / "deploy" / "cloud"


@dataclass(frozen=True)
class Part:
    """One thing that is described, and its state: `in place`, `missing`, `differs`, `not supported`; after an application
    `made` or `changed`.
    """

    name: str
    what: str
    state: str

    def applied(self) -> Part:
        return replace(self, state={"missing": "made", "differs": "changed"}.get(self.state, self.state))


@dataclass(frozen=True, kw_only=True)
class CloudState:
    """What there is of a description."""

    parts: list[Part]
    is_applied: bool

    @property
    def changed(self) -> list[Part]:
        """What an application would change, or has changed."""
        return [part for part in self.parts if part.state not in ("in place", "not supported")]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def described(name: str, folder: Path = DESCRIPTION) -> dict[str, Any]:
    """A file of the description: the body of a call of AWS's API."""
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return found
