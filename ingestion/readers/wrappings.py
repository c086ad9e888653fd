"""The text inside a file, whatever it is wrapped in: gzip once or more, a zip of one file, UTF-8 or UTF-16.

First bytes decide, never a name. What cannot be told for certain (Latin-1, UTF-16 without a byte order mark) is refused with
its reason, not guessed.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from ingestion.readers.reading import RefusedFile

MOST_LAYERS = 3
"""Of gzip or zip: a file compressed twice is seen, more is a bomb or a mistake."""

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
UTF_8_MARK = codecs.BOM_UTF8
OTHER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins like the one of UTF-16: first
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file as UTF-8 without a byte order mark, its wrappings taken off.

    Raises:
        RefusedFile: also on reading: truncated or damaged, wrapped too often, several files, or an unknown encoding.
    """
    try:
        with path.open("rb") as raw:
            content: io.BufferedReader = raw
            for _ in range(MOST_LAYERS + 1):
                begins = content.peek(len(ZIP))[: len(ZIP)]
                if begins.startswith(GZIP):
                    content = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=content, mode="rb")))
                elif begins == ZIP:
                    content = _only_member(content)
                else:
                    break
            else:
                raise RefusedFile(f"compressed more than {MOST_LAYERS} times")
            yield cast(BinaryIO, _as_utf_8(content))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RefusedFile(f"truncated or damaged gzip ({error}): fetch the file again") from error
    except zipfile.BadZipFile as error:
        raise RefusedFile(f"a zip archive that cannot be read ({error}): unpack it") from error
    except UnicodeDecodeError as error:
        raise RefusedFile(
            f"not {error.encoding.upper()} text, as its first bytes announce: the file is truncated"
        ) from None


def _only_member(content: io.BufferedReader) -> io.BufferedReader:
    seekable = content if content.seekable() else io.BytesIO(content.read())
    archive = zipfile.ZipFile(seekable)
    names = [each for each in archive.namelist() if not each.endswith("/") and "__MACOSX" not in each]
    if len(names) != 1:
        raise RefusedFile(f"a zip archive of {len(names)} files: unpack it and load the files")
    try:
        return io.BufferedReader(cast(io.RawIOBase, archive.open(names[0])))
    except RuntimeError as error:
        # zipfile's for a password, and its subclass for a compression that zipfile lacks
        raise RefusedFile(f"a zip archive that cannot be read ({error}): unpack it") from error


def _as_utf_8(content: io.BufferedReader) -> io.BufferedReader:
    begins = content.peek(4)[:4]
    if begins.startswith(UTF_8_MARK):
        content.read(len(UTF_8_MARK))
        return content
    for mark, encoding in OTHER_MARKS.items():
        if begins.startswith(mark):
            content.read(len(mark))
            return io.BufferedReader(_Recoded(content, encoding))
    if len(begins) == 4 and begins.count(0) in (2, 3):
        raise RefusedFile("UTF-16 text without a byte order mark: save it as UTF-8")
    return content


class _Recoded(io.RawIOBase):
    """Text of another encoding, as UTF-8."""

    def __init__(self, content: BinaryIO, encoding: str) -> None:
        self.content, self.pending = content, b""
        self.decoder = codecs.getincrementaldecoder(encoding)()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self.pending:
            chunk = self.content.read(len(buffer))
            self.pending = self.decoder.decode(chunk, final=not chunk).encode("utf-8", "surrogatepass")
            if not chunk:
                break
        taken, self.pending = self.pending[: len(buffer)], self.pending[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)
