"""Files that are read while they are written again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from isobar.files import write_whole


def test_a_full_disk_leaves_the_old_file_and_no_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "alerts.json"
    write_whole(path, "old\n")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new\n")
    assert path.read_text(encoding="utf-8") == "old\n"
    assert list(path.parent.iterdir()) == [path]


def test_words_are_written_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    write_whole(path, "été\n")
    assert path.read_bytes() == "été\n".encode()


def test_two_processes_at_once_both_come_to_their_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced = tmp_path / "alerts.json", os.fsync

    def meanwhile(descriptor: int) -> None:
        """Another process writes the whole file while this one is half-way."""
        with monkeypatch.context() as other:
            other.setattr(os, "fsync", synced)
            other.setattr(os, "getpid", lambda: 1)
            write_whole(path, "a longer text of the other\n")
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    write_whole(path, "the last\n")
    assert path.read_text(encoding="utf-8") == "the last\n"
    assert list(tmp_path.iterdir()) == [path]
