"""Stores that are sent the published marts: `ISOBAR_OUTLETS`, `isobar deliver`.

    outlet.py       what a store must be able to do, and a delivery: only what changed, only forwards
    published.py    the publication, as an outlet sees it
    opening.py      a URL -> its store
    rows.py         the rows of a part, on their way to a store
    postgresql.py   PostgreSQL: a table for each mart
    redis.py        Redis: the latest conditions of each place
    cassandra.py    Cassandra: the observations of a place and month

An outlet reads publications and nothing else. To add a store, write a module with a class that meets
:class:`serving.outlets.outlet.Outlet`, and name its scheme in `opening.py`; `tests/serving/test_outlets.py` tests it.
"""
