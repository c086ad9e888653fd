"""The emulator answers where fakesnow alone would not, and stops when it is told to."""

from __future__ import annotations

import socket
import time
from datetime import date, datetime
from pathlib import Path

import psutil
import pytest
import snowflake.connector

from isobar.warehouse.base import MissingTableError
from tests.snowflake import account
from tests.snowflake.conftest import Emulated


def test_rows_come_back_as_they_were_sent(emulated: Emulated) -> None:
    session = emulated.session()
    rows = [(None, "é 'x'", 1, None, True), (datetime(2020, 1, 2, 3, 4, 5, 600000), None, None, date(2020, 1, 1), None)]
    session.run(
        "create schema if not exists r; create or replace table r.t (a timestamp, b varchar, n bigint, d date, f boolean);"
    )
    session.insert("r.t", rows)
    assert session.execute("select * from r.t order by n nulls last") == rows
    assert session.arrow("select a, n from r.t order by n nulls last").to_pylist() == [
        {"a": None, "n": 1},
        {"a": rows[1][0], "n": None},
    ]
    assert session.execute("select n from r.t where b = ?", ["é 'x'"]) == [(1,)]


def test_a_merge_within_a_transaction(emulated: Emulated) -> None:
    session = emulated.session()
    session.run(
        "create schema if not exists m; create or replace table m.t (k bigint, v bigint);"
        "create or replace table m.s (k bigint, v bigint); insert into m.t values (1, 1), (2, 2);"
        "insert into m.s values (2, 20), (3, 30);"
    )
    with session.transaction():
        session.execute(
            "merge into m.t as target using m.s as source on target.k = source.k"
            " when matched then update set target.v = source.v when not matched then insert (k, v) values (k, v)"
        )
    assert session.execute("select k, v from m.t order by k") == [(1, 1), (2, 20), (3, 30)]


def test_a_transaction_that_fails_leaves_nothing(emulated: Emulated) -> None:
    session = emulated.session()
    session.run("create schema if not exists n; create or replace table n.t (k bigint);")

    def insert_twice() -> None:
        with session.transaction():
            session.execute("insert into n.t values (1)")
            session.execute("insert into n.nowhere values (1)")

    with pytest.raises(MissingTableError):
        insert_twice()
    assert session.execute("select * from n.t") == []


def test_schemas_swap_their_tables(emulated: Emulated) -> None:
    session = emulated.session()
    session.run(
        "create or replace schema a; create or replace schema b; create table a.same (v bigint); create table b.same (v bigint);"
        "create table b.other (v bigint); insert into a.same values (1); insert into b.same values (2);"
        "alter schema a swap with b;"
    )
    assert session.execute("select v from a.same") == [(2,)]
    assert session.execute("select v from b.same") == [(1,)]
    assert session.execute("select count(*) from a.other") == [(0,)]
    with pytest.raises(MissingTableError):
        session.execute("select * from b.other")


def test_a_schema_that_is_replaced_loses_its_tables(emulated: Emulated) -> None:
    session = emulated.session()
    for _ in range(2):
        session.run(
            "create or replace transient schema s with managed access; create transient table s.t as select 1 as a;"
        )
    session.run("create or replace transient schema s with managed access;")
    with pytest.raises(MissingTableError):
        session.execute("select * from s.t")


def test_a_table_that_names_itself_is_recursive_and_others_keep_their_types(emulated: Emulated) -> None:
    session = emulated.session()
    session.run("create schema if not exists w; use schema w;")
    count = "with n as (select 1 as i union all select i + 1 from n where i < 4) select sum(i) from n"
    assert session.execute(count) == [(10,)]
    assert (
        float(session.execute("with c as (select 1.5 as v union all select 60.25) select max(v) from c")[0][0]) == 60.25
    )


def test_what_it_cannot_do_is_an_error_at_once(emulated: Emulated) -> None:
    started = time.monotonic()
    with pytest.raises(
        snowflake.connector.errors.ProgrammingError, match="AssertionError"
    ):  # alone fakesnow sends HTTP 500
        emulated.session().execute("copy into m.t from @m.%t file_format = (type = 'JSON', binary_format = utf8)")
    assert time.monotonic() - started < 20


def test_it_is_killed_at_its_limit(tmp_path: Path) -> None:
    with account.emulator(tmp_path / "log", limit_seconds=8) as port:
        assert account_answers(port)
        deadline = time.monotonic() + 30
        while account_answers(port) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert not account_answers(port)
    assert not [
        child
        for child in psutil.Process().children()
        if "tests.snowflake.emulator" in " ".join(child.cmdline()) and str(port) in child.cmdline()
    ]


def account_answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
