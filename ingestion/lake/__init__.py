"""The lake: every byte that came in, as it came in, never changed. Bytes that hold nothing of their own may be pruned.

It is a folder or a bucket (`ISOBAR_LAKE`), of the same names:

    raw/<source>/<table>/<file>/<hash>.csv.gz                            the bytes, named by their content
    raw/<source>/<table>/<file>/000001.json                              a landing: which bytes, from where, when
    raw/<source>/<table>/date=2026-03-01/poll.2026-03-01T063000.jsonl/   the same of a poll: by day, compressed
    raw/<source>/<table>/date=2026-03-01/pack.000001.json                landings of a day that are packed in one file
    raw/<source>/<table>/date=2026-03-01/pack.<hash>.jsonl.gz            that file
    arrivals/<source>/000012/000012345.json                              the same landings in the order they came in
    streams/<topic>/<partition>.json                                     how far a topic is landed (ingestion/streams)
    staging/                                                             what is being written (of a folder)

<file> may have folders of its own ('thierno774/2024-12-24.json'), where files of one name come from several collectors.

Bytes are written first, then the arrival, then the landing record, each whole or not at all, and no name is written twice. The
record makes the landing: a killed run leaves a landing, or an arrival from which the next run makes it. Where two
machines land one file at once, one of them makes the record, and the other looks again and lands the next version. The same
bytes again are no new landing; bytes that return to an earlier content are one (and share its file). Pruned bytes leave their
landing, which then says so; should they come again, they are kept under their name as before.

What a load has not seen is found by the numbers of arrivals, so that its cost does not grow with the past. A lake of an earlier
version has landings without a number and polls that are not in partitions. They are read as they are.

A disk may damage what it keeps. Bytes are checked against the hash of their landing before they are used, and are replaced
when the same content comes again. A landing record that cannot be read is reported and passed over; the next landing of its
file moves it aside as `000001.json.damaged`.
"""

from ingestion.lake.lake import Lake, clear_scratch, open_lake
from ingestion.lake.landing import (
    HASH_LENGTH,
    POLL,
    RECORD_NAME,
    DamagedRecord,
    FileVersion,
    Incoming,
    Landing,
    moment_of,
)
from ingestion.lake.store import StoreError

__all__ = [
    "HASH_LENGTH",
    "POLL",
    "RECORD_NAME",
    "DamagedRecord",
    "FileVersion",
    "Incoming",
    "Lake",
    "Landing",
    "StoreError",
    "clear_scratch",
    "moment_of",
    "open_lake",
]
