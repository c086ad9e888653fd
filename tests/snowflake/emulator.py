"""A server that answers in Snowflake's place: fakesnow, which is DuckDB behind Snowflake's protocol, and what it lacks.

    python -m tests.snowflake.emulator <port>

Mended here, each for one statement that dbt, dlt or Isobar sends and fakesnow 0.12.1 refuses:

- MERGE runs as DuckDB's own (fakesnow's detour over a temporary table fails within a transaction);
- temporary tables with a schema become ordinary ones (DuckDB has none), and RECURSIVE is implied, as in Snowflake;
- CREATE OR REPLACE SCHEMA takes what was in it, and TRANSIENT and MANAGED ACCESS say nothing here;
- column comments of views and several in one ALTER TABLE are dropped: nothing keeps them here;
- PUT and COPY of a table's stage as dlt quotes them, several statements in one request, REMOVE, GRANT and what only
  an account has (roles, users, warehouses, monitors): said to have been done;
- `ALTER SCHEMA … SWAP WITH`: the tables change places by being renamed across three schemas. **Not atomic here**: what the
  swap promises to readers is Snowflake's word, not shown by these tests;
- the order in which a table with a clustering key is made is dropped (fakesnow misreads the `select *` around it);
- a comment on a table may hold an apostrophe;
- a timestamp that is null is null to those who read Arrow, too (fakesnow sends it as 1970);
- an error that fakesnow did not foresee is an error of the statement. As HTTP 500 the connector would repeat it for ever.
"""

from __future__ import annotations

import re
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import fakesnow
import fakesnow.arrow
import fakesnow.info_schema
import pyarrow as pa
import pyarrow.compute as pc
import snowflake.connector.errors
import sqlglot
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.transforms import stage
from sqlglot import exp
from sqlglot.tokens import TokenType

ACCOUNT_STATEMENT = re.compile(
    r"(\s|--[^\n]*\n|/\*.*?\*/)*(grant|revoke|remove|alter\s+session|use\s+(role|warehouse|secondary)|(create|alter)\s+(or\s+replace\s+)?"
    r"(role|user|warehouse|resource\s+monitor|account|network\s+policy|authentication\s+policy))\b",
    re.IGNORECASE | re.DOTALL,
)
"""What there is nothing of in an emulator: permissions, users, computers, money."""

SWAP = re.compile(r"\s*alter\s+schema\s+(?:(\w+)\.)?(\w+)\s+swap\s+with\s+(?:(\w+)\.)?(\w+)\s*;?\s*$", re.IGNORECASE)
COMMENT_ON_COLUMNS = re.compile(
    r"\s*alter\s+(table|view)\s+\S+\s+(alter|modify)\s+.*\bcomment\b", re.IGNORECASE | re.DOTALL
)
CREATE_SCHEMA = re.compile(
    r"(\s*create\s+(?:or\s+replace\s+)?)(?:transient\s+)?schema\b(.*?)(\bwith\s+managed\s+access\b)?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
QUOTED_STAGE = re.compile(r"""'@("[^']*")/"([^'"]*)"'""")
"""dlt quotes the whole place: '@"SCHEMA"."%TABLE"/"load id"'."""

COPY = re.compile(
    r"""\s*COPY\s+INTO\s+"(?P<schema>\w+)"\."(?P<table>\w+)"\s+
        FROM\s+'@"(?P<stage_schema>\w+)"\."%(?P<stage_table>\w+)"/"(?P<load>[^"]+)"/(?P<file>[^']+)'.*
        TYPE\s*=\s*'(?P<format>JSON|PARQUET)'""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)

_comment = fakesnow.info_schema.insert_table_comment_sql
_timestamp = fakesnow.arrow.timestamp_to_sf_struct
_execute = FakeSnowflakeCursor.execute
_transform = FakeSnowflakeCursor._transform
_explode = FakeSnowflakeCursor._transform_explode


def comment_with_quotes(catalog: str, schema: str, table: str, comment: str | None) -> str:
    return _comment(catalog, schema, table, comment and comment.replace("'", "''"))


def timestamp_with_nulls(column: pa.ChunkedArray) -> pa.Array:
    """A timestamp as Snowflake sends it, {epoch, fraction}, the struct itself null where there is none."""
    values = _timestamp(column)
    fields = [pa.field(each.name, each.type) for each in values.type]
    return pa.StructArray.from_arrays(values.flatten(), fields=fields, mask=pc.is_null(column.combine_chunks()))


def transform(cursor: FakeSnowflakeCursor, expression: exp.Expression, params: Any) -> exp.Expression:
    for common in expression.find_all(exp.With):
        # only where one names itself: a union in a recursive table has the types of its first branch in DuckDB
        if any(
            table.name.lower() == each.alias.lower()
            for each in common.expressions
            for table in each.this.find_all(exp.Table)
        ):
            common.set("recursive", True)
    if isinstance(expression, exp.Create):
        table = expression.find(exp.Table)
        temporary = expression.find(exp.TemporaryProperty)
        if temporary is not None and table is not None and table.args.get("db"):
            temporary.pop()
        if expression.kind == "TABLE" and expression.expression is not None:
            expression.set("expression", unordered(expression.expression))
        if expression.kind == "VIEW":
            for comment in list(expression.find_all(exp.CommentColumnConstraint)):
                (comment.parent if isinstance(comment.parent, exp.ColumnConstraint) else comment).pop()
    return _transform(cursor, expression, params)


def unordered(query: exp.Expression) -> exp.Expression:
    """The query inside `select * from (…) order by (…)`, as dbt writes a table with a clustering key: DuckDB has none."""
    outer = query.unnest()
    if isinstance(outer, exp.Select) and outer.args.get("order") and outer.is_star:
        source = outer.find(exp.From)
        if source is not None and isinstance(source.this, exp.Subquery):
            return source.this.unnest()
    return query


def explode(cursor: FakeSnowflakeCursor, expression: exp.Expression) -> list[exp.Expression]:
    if not isinstance(expression, exp.Merge):
        return _explode(cursor, expression)
    source = expression.args["using"]
    alias = source.args["alias"].this if source.args.get("alias") else source.this
    whens = expression.args["whens"]
    for when in whens.expressions if isinstance(whens, exp.Expression) else whens:
        then = when.args.get("then")
        if isinstance(then, exp.Insert) and then.expression is not None:  # unqualified values are the source's
            for column in then.expression.find_all(exp.Column):
                if not column.table:
                    column.set("table", alias.copy())
        if isinstance(then, exp.Update):  # the columns that are set bear no table in DuckDB
            for assignment in then.expressions:
                assignment.this.set("table", None)
    return [expression, sqlglot.parse_one('select 1 as "number of rows merged"')]


def copy_staged_file(cursor: FakeSnowflakeCursor, found: re.Match[str]) -> None:
    """COPY … MATCH_BY_COLUMN_NAME of one file from a table's stage."""
    database = cursor._conn.database
    target = f'"{database}"."{found["schema"]}"."{found["table"]}"'
    path = Path(stage.LOCAL_BUCKET_PATH, database, found["stage_schema"], f"%{found['stage_table']}", found["load"])
    columns = {name: kind for name, kind, *_ in cursor._duck_conn.execute(f"describe {target}").fetchall()}
    is_json = found["format"].upper() == "JSON"
    if is_json:
        kept = ", ".join(f"'{name.lower()}': 'JSON'" for name in columns)
        reader = f"read_json('{path / found['file']}', format='newline_delimited', columns={{{kept}}})"
    else:
        reader = f"read_parquet('{path / found['file']}')"
    there = {row[0].upper(): row[0] for row in cursor._duck_conn.execute(f"describe select * from {reader}").fetchall()}
    use = {name: there[name.upper()] for name in columns if name.upper() in there}
    values = ", ".join(
        f"cast(\"{origin}\" ->> '$' as {columns[name]})"
        if is_json and columns[name] != "JSON"
        else f'cast("{origin}" as {columns[name]})'
        for name, origin in use.items()
    )
    names = ", ".join(f'"{name}"' for name in use)
    cursor._duck_conn.execute(f"insert into {target} ({names}) select {values} from {reader}")


def swap_schemas(cursor: FakeSnowflakeCursor, found: re.Match[str]) -> None:
    """The tables of two schemas change places. Views stay: Isobar swaps schemas that have none."""
    connection, database = cursor._duck_conn, (found[1] or cursor._conn.database).upper()
    names = {
        schema: [
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where upper(database_name) = ? and upper(schema_name) = ?",
                [database, schema],
            ).fetchall()
        ]
        for schema in (found[2].upper(), found[4].upper())
    }
    (left, left_tables), (right, right_tables) = names.items()
    for name in left_tables:
        connection.execute(f'create table "{database}"."{right}"."_SWAP_{name}" as from "{database}"."{left}"."{name}"')
        connection.execute(f'drop table "{database}"."{left}"."{name}"')
    for name in right_tables:
        connection.execute(f'create table "{database}"."{left}"."{name}" as from "{database}"."{right}"."{name}"')
        connection.execute(f'drop table "{database}"."{right}"."{name}"')
    for name in left_tables:
        connection.execute(f'alter table "{database}"."{right}"."_SWAP_{name}" rename to "{name}"')


def statements(command: str) -> list[str]:
    """The statements of one request, each as it was written: what a parser prints again is not always what it read."""
    if ";" not in command:
        return [command]
    ends = [each for each in sqlglot.tokenize(command, read="snowflake") if each.token_type is TokenType.SEMICOLON]
    starts = [0, *(each.end + 1 for each in ends)]
    stops = [*(each.start for each in ends), len(command)]
    parts = [command[start:stop] for start, stop in zip(starts, stops, strict=True)]
    return [part for part in parts if sqlglot.tokenize(part, read="snowflake")]  # a comment alone is none


def execute_one(cursor: FakeSnowflakeCursor, command: str, params: Any, *args: Any, **kwargs: Any) -> Any:
    if ACCOUNT_STATEMENT.match(command) or COMMENT_ON_COLUMNS.match(command):
        return _execute(cursor, "select 'Statement executed successfully.' as status")
    if found := SWAP.match(command):
        swap_schemas(cursor, found)
        return _execute(cursor, "select 'Statement executed successfully.' as status")
    if found := COPY.match(command):
        copy_staged_file(cursor, found)
        return _execute(cursor, "select 'LOADED' as status")
    if command.lstrip()[:4].upper() == "PUT ":
        command = QUOTED_STAGE.sub(r"@\1/\2", command)
    if found := CREATE_SCHEMA.match(command):
        if "replace" in found[1].lower():
            _execute(cursor, f"drop schema if exists{found[2]}")  # with what is in it
        command = f"create schema{found[2]}"
    return _execute(cursor, command, params, *args, **kwargs)


def execute(cursor: FakeSnowflakeCursor, command: str, params: Any = None, *args: Any, **kwargs: Any) -> Any:
    try:
        for statement in statements(command):
            execute_one(cursor, statement, params, *args, **kwargs)
    except snowflake.connector.errors.Error:
        raise
    except (duckdb.Error, AssertionError, AttributeError, KeyError, TypeError, ValueError, sqlglot.ParseError) as error:
        message = f"{type(error).__name__}: {error} [{command[:500]}]"
        raise snowflake.connector.errors.ProgrammingError(msg=message, errno=1, sqlstate="XX000") from error
    return cursor


def main(port: int) -> None:
    FakeSnowflakeCursor._transform = transform
    FakeSnowflakeCursor._transform_explode = explode
    FakeSnowflakeCursor.execute = execute
    fakesnow.info_schema.insert_table_comment_sql = comment_with_quotes
    fakesnow.arrow.timestamp_to_sf_struct = timestamp_with_nulls
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with fakesnow.server(port=port):
        stopped.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
