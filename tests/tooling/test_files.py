"""Files that are read while they are written again, and whether they are whole."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from isobar.files import fault_of_database, fault_of_header, is_parquet, write_whole


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


def test_a_database_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "marts.duckdb"
    with duckdb.connect(str(path)) as session:
        session.execute("create table many as select hash(i) as each from range(200_000) as numbers (i)")
        session.execute("create view of_lost_files as select 1 as one")
    whole = path.read_bytes()
    assert fault_of_database(path) is None and fault_of_header(path) is None
    with duckdb.connect(str(path)):
        assert fault_of_header(path) is None, "beside a writer"
    for content in (b"", b"x" * len(whole), whole[:100], whole[: len(whole) // 2], b"\0" * len(whole)):
        path.write_bytes(content)
        assert fault_of_database(path), len(content)
        assert (fault_of_header(path) is None) == content.startswith(whole[:20_000])
    path.unlink()
    assert fault_of_database(path) is None and fault_of_header(path) is None


def test_parquet_that_is_cut_or_overwritten_is_told(tmp_path: Path) -> None:
    path = tmp_path / "2020.parquet"
    duckdb.execute(f"copy (select 1 as one) to '{path}' (format parquet)")
    whole = path.read_bytes()
    assert is_parquet(path)
    for content in (b"", b"P", whole[:-1], whole[1:], b"x" * len(whole)):
        path.write_bytes(content)
        assert not is_parquet(path)
    path.unlink()
    assert not is_parquet(path)
