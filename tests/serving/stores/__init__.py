"""Real stores of the tests, each read by its own client and never by the code that writes it.

A store is one module here; `STORES` names it, and `tests/serving/test_outlets.py` tests it with all the others.
"""

from __future__ import annotations

from tests.serving.stores.cassandra import CassandraStore
from tests.serving.stores.mongodb import MongoDBStore
from tests.serving.stores.mysql import MySQLStore
from tests.serving.stores.postgresql import PostgreSQLStore
from tests.serving.stores.redis import RedisStore
from tests.serving.stores.store import Store

STORES: dict[str, type[Store]] = {
    "postgresql": PostgreSQLStore,
    "redis": RedisStore,
    "cassandra": CassandraStore,
    "mariadb": MySQLStore,
    "mongodb": MongoDBStore,
}
"""By the name of the server, which is that of the fixture of its environment too."""
