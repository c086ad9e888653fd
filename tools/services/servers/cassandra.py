"""Apache Cassandra: the real server from Maven Central, one node. It keeps its data when it stops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.services.maven import JavaServer
from tools.services.processes import Processes
from tools.services.server import LOOPBACK, Place

if TYPE_CHECKING:
    from cassandra.cluster import Session

USER, KEYSPACE = "isobar", "weather_dw"
FIRST_USER = "cassandra"
"""Whom a new server has, with his name as password."""

VARIABLE = "ISOBAR_OUTLET_PASSWORD_CASSANDRA"

ANSWER_SECONDS = 2.0
"""For a question of a health check; it is asked again."""

EXPORTS = """
java.base/java.lang.ref java.base/jdk.internal.misc java.management.rmi/com.sun.jmx.remote.internal.rmi
java.rmi/sun.rmi.registry java.rmi/sun.rmi.server java.sql/java.sql jdk.unsupported/sun.misc
""".split()
OPENS = """
java.base/java.io java.base/java.lang java.base/java.lang.module java.base/java.lang.reflect java.base/java.util
java.base/jdk.internal.loader java.base/jdk.internal.math java.base/jdk.internal.module java.base/jdk.internal.ref
java.base/jdk.internal.reflect java.base/jdk.internal.util.jar java.base/sun.nio.ch
jdk.management/com.sun.management.internal
""".split()
"""Modules of Java 17 that it reaches into: `conf/jvm17-server.options` of its distribution."""

OPTIONS = (
    *("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    *(word for each in EXPORTS for word in ("--add-exports", f"{each}=ALL-UNNAMED")),
    *(word for each in OPENS for word in ("--add-opens", f"{each}=ALL-UNNAMED")),
    "-Djdk.attach.allowAttachSelf=true",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dcassandra-foreground=yes",
    # one node: there is nobody to wait for
    "-Dcassandra.skip_wait_for_gossip_to_settle=0",
    "-Dcassandra.ring_delay_ms=100",
    "-Dcassandra.shutdown_announce_in_ms=0",
    "-Dcassandra.superuser_setup_delay_ms=0",
)
"""Little memory, and a quick start before a quick run."""

CONFIGURATION = """\
cluster_name: isobar
num_tokens: 1
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
data_file_directories: ["{folder}/data"]
commitlog_directory: "{folder}/commitlog"
saved_caches_directory: "{folder}/caches"
hints_directory: "{folder}/hints"
cdc_raw_directory: "{folder}/cdc"
# a write is answered before it is on the disk: a crash of the machine may cost a test server its last seconds
commitlog_sync: periodic
commitlog_sync_period: 10s
commitlog_segment_size: 16MiB
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{{seeds: "{host}:{storage}"}}]
listen_address: {host}
rpc_address: {host}
storage_port: {storage}
native_transport_port: {port}
endpoint_snitch: SimpleSnitch
# a table that is dropped is gone
auto_snapshot: false
auto_bootstrap: false
"""

LOGBACK = """\
<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{ISO8601} %-5level %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="out"/></root>
</configuration>
"""


class Cassandra(JavaServer):
    """One process of Java."""

    name = "cassandra"
    summary = "Cassandra, real: the outlet weather_dw; keeps its data when it stops"
    port = 19042
    port_count = 2
    """Clients', and the one that other nodes would use."""

    artifact = "cassandra-all"
    profile = "cassandra"
    SECRETS = (VARIABLE,)

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        password = place.secret(VARIABLE)
        for file, text in (
            (
                "cassandra.yaml",
                CONFIGURATION.format(host=LOOPBACK, port=place.port, storage=place.port + 1, folder=place.folder),
            ),
            ("logback.xml", LOGBACK),
        ):
            (place.folder / file).write_text(text, encoding="utf-8")
        (agent,) = self.jars.glob("jamm-*.jar")
        command = [
            "java",
            f"-javaagent:{agent}",
            *OPTIONS,
            f"-Dcassandra.config=file://{place.folder}/cassandra.yaml",
            f"-Dcassandra.storagedir={place.folder}",
            f"-Dlogback.configurationFile={place.folder}/logback.xml",
            *("-cp", f"{self.jars}/*", "org.apache.cassandra.service.CassandraDaemon"),
        ]
        processes.spawn(self.name, command)
        processes.wait(self.name, lambda: _takes(place, USER, password) or _takes(place, FIRST_USER, FIRST_USER))
        if not _takes(place, USER, password):
            with _session(place, FIRST_USER, FIRST_USER) as session:
                session.execute(
                    f"create role {USER} with password = '{password}' and login = true and superuser = true"
                )
            with _session(place, USER, password) as session:
                session.execute(f"drop role {FIRST_USER}")
        return {"ISOBAR_OUTLETS": f"cassandra://{USER}@{LOOPBACK}:{place.port}/{KEYSPACE}", VARIABLE: password}

    def is_healthy(self, place: Place) -> bool:
        """Whether it lets its user in."""
        return _takes(place, USER, place.secret(VARIABLE))


@contextmanager
def _session(place: Place, user: str, password: str) -> Iterator[Session]:
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
    from cassandra.policies import WhiteListRoundRobinPolicy

    with Cluster(
        [LOOPBACK],
        port=place.port,
        auth_provider=PlainTextAuthProvider(user, password),
        execution_profiles={EXEC_PROFILE_DEFAULT: ExecutionProfile(WhiteListRoundRobinPolicy([LOOPBACK]))},
        connect_timeout=ANSWER_SECONDS,
        control_connection_timeout=ANSWER_SECONDS,
    ) as cluster:
        yield cluster.connect()


def _takes(place: Place, user: str, password: str) -> bool:
    from cassandra import DriverException
    from cassandra.cluster import NoHostAvailable

    try:
        with _session(place, user, password):
            return True
    except (NoHostAvailable, DriverException):
        return False


SERVER = Cassandra()
