"""Stores that are sent the published marts: `ISOBAR_OUTLETS`, `isobar deliver`.

    outlet.py       what a store must be able to do, and a delivery: only what changed, only forwards
    published.py    the publication, as an outlet sees it
    opening.py      a URL -> its store
    rows.py         the rows of a part, on their way to a store
    sql.py          names and texts as standard SQL quotes them
    postgresql.py   PostgreSQL: a table for each mart
    redis.py        Redis: the latest conditions of each place
    mysql.py        MySQL and MariaDB: tables of current and daily weather, a view for each place
    mongodb.py      MongoDB: a document for each place and day
    cassandra.py    Cassandra: the observations of a place and month

An outlet reads publications and nothing else. To add a store, write a module with a class that meets
:class:`serving.outlets.outlet.Outlet`, and name its scheme in `opening.py`; `tests/serving/test_outlets.py` tests it.
"""
