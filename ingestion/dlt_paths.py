"""dlt in folders of any name: its working folder's path becomes a format string and a part of SQL, and neither is quoted.

Seen in the pinned dlt.
"""

from __future__ import annotations

import os
from typing import Any

from dlt.common.data_writers.buffered import BufferedDataWriter
from dlt.destinations.impl.duckdb.duck import DuckDbCopyJob

_init_writer = BufferedDataWriter.__init__
_run_job = DuckDbCopyJob.run


def _init_with_escaped_template(
    writer: BufferedDataWriter[Any], writer_spec: object, file_name_template: str, *args: object, **options: object
) -> None:
    folder, slash, name = file_name_template.rpartition(os.sep)  # `<folder>/table.%s.0` % id
    escaped = folder.replace("%", "%%") + slash + name
    _init_writer(writer, writer_spec, escaped, *args, **options)  # type: ignore[arg-type]


def _run_with_quoted_path(job: DuckDbCopyJob) -> None:
    path = job._file_path
    job._file_path = path.replace("'", "''")  # `read_parquet('<path>')`
    try:
        _run_job(job)
    finally:
        job._file_path = path


def quote_paths() -> None:
    """Make dlt quote what it is given. Repeating it changes nothing."""
    BufferedDataWriter.__init__ = _init_with_escaped_template  # type: ignore[method-assign,assignment]
    DuckDbCopyJob.run = _run_with_quoted_path  # type: ignore[method-assign,assignment]
