"""What may be released, and with which words."""

from __future__ import annotations

import pytest

from isobar import __version__
from isobar.release import ReleaseError, main, notes

CHANGELOG = """# Changelog

## [Unreleased]

- Not yet.

## [1.2.3] - 2026-03-01

### Added

- The thing.

## [1.2.2] - 2026-02-01

- Before it.
"""


def test_the_chapter_of_the_version_is_the_text() -> None:
    assert notes("v1.2.3", CHANGELOG, "1.2.3") == "### Added\n\n- The thing.\n"
    assert notes("v1.2.2", CHANGELOG, "1.2.2") == "- Before it.\n"


@pytest.mark.parametrize(
    ("tag", "version", "said"),
    [
        ("v1.2.4", "1.2.3", "the tag v1.2.4 is not v1.2.3"),
        ("1.2.3", "1.2.3", "the tag 1.2.3 is not v1.2.3"),
        ("", "1.2.3", r"\(none\)"),
        ("v1.2.4", "1.2.4", r"nothing under ## \[1\.2\.4\]"),
        ("v1.2.30", "1.2.30", "nothing under"),
    ],
)
def test_what_must_not_be_released_says_why(tag: str, version: str, said: str) -> None:
    with pytest.raises(ReleaseError, match=said):
        notes(tag, CHANGELOG, version)


def test_a_version_that_is_still_unreleased_cannot_go_out(tmp_path) -> None:
    with pytest.raises(SystemExit, match=r"release: CHANGELOG\.md has nothing under"):
        main(f"v{__version__}", str(tmp_path / "notes.md"))
    assert not (tmp_path / "notes.md").exists()
