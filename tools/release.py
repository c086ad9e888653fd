"""Whether a tag may become a release, and the words it is released with (`make release-notes TAG=v0.1.0`)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from isobar import __version__
from isobar.settings import PROJECT_ROOT

CHANGELOG = PROJECT_ROOT / "CHANGELOG.md"


class ReleaseError(Exception):
    """The tag must not be released; the message says what to change."""


def notes(tag: str, changelog: str, version: str = __version__) -> str:
    """The chapter of CHANGELOG.md for a tag (`v` and the version).

    Raises:
        ReleaseError: the tag is not this version, or the version has no chapter or an empty one.
    """
    if tag != f"v{version}":
        raise ReleaseError(
            f"the tag {tag or '(none)'} is not v{version}, the version of isobar/__init__.py and pyproject.toml"
        )
    chapter = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    if chapter is None or not chapter[1].strip():
        raise ReleaseError(f"CHANGELOG.md has nothing under ## [{version}]: move there what is under [Unreleased]")
    return chapter[1].strip() + "\n"


def main(tag: str, path: str) -> None:
    """Write the notes.

    Raises:
        SystemExit: the tag must not be released; the message says why.
    """
    try:
        text = notes(tag, CHANGELOG.read_text(encoding="utf-8"))
    except ReleaseError as error:
        raise SystemExit(f"release: {error}") from None
    out = Path(path)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
