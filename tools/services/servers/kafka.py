"""Apache Kafka: the real broker from Maven Central, one node in KRaft mode. It keeps its topics when it stops."""

from __future__ import annotations

import base64
import uuid

from tools.services.maven import JavaServer
from tools.services.processes import Processes
from tools.services.server import LOOPBACK, Place

ANSWER_SECONDS = 2.0
"""For a question of a health check; it is asked again."""

USER = "isobar"

OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
"""One node with a few topics: little memory, and a quick start before a quick run."""

CONFIGURATION = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller},SASL://{host}:{sasl}
advertised.listeners=PLAINTEXT://{host}:{port},SASL://{host}:{sasl}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_{user}="{password}";
log.dirs={folder}/data
auto.create.topics.enable=false
# one node
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
"""


class Kafka(JavaServer):
    """One process of Java, broker and controller at once."""

    name = "kafka"
    summary = "Kafka, real: Apache Kafka in KRaft mode; keeps its topics when it stops"
    port = 19092
    port_count = 3
    """Clients without a password, the controller's, clients with one (SASL)."""

    artifact = "kafka_2.13"
    profile = "kafka"
    SECRETS = ("KAFKA_SASL_PASSWORD",)

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        password = place.secret("KAFKA_SASL_PASSWORD")
        properties = place.folder / "server.properties"
        properties.touch(0o600)
        properties.write_text(
            CONFIGURATION.format(
                host=LOOPBACK,
                port=place.port,
                controller=place.port + 1,
                sasl=place.port + 2,
                folder=place.folder,
                user=USER,
                password=password,
            ),
            encoding="utf-8",
        )
        java = ["java", *OPTIONS, "-cp", f"{self.jars}/*"]
        if not (place.folder / "data" / "meta.properties").exists():
            cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            # with "=": an identifier may begin with "-"
            step = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--config", str(properties)]
            processes.call("kafka's storage tool", [*java, *step])
        processes.spawn(self.name, [*java, "kafka.Kafka", properties])
        processes.wait(self.name, lambda: self.is_healthy(place))
        return {
            "ISOBAR_TRANSPORT": "kafka",
            "ISOBAR_KAFKA_BOOTSTRAP_SERVERS": f"{LOOPBACK}:{place.port}",
            "KAFKA_SASL_SERVERS": f"{LOOPBACK}:{place.port + 2}",
            "KAFKA_SASL_PASSWORD": password,
        }

    def is_healthy(self, place: Place) -> bool:
        """Whether it tells a client of its brokers."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        try:
            client = AdminClient({"bootstrap.servers": f"{LOOPBACK}:{place.port}", "log_level": 0})
            return bool(client.list_topics(timeout=ANSWER_SECONDS).brokers)
        except KafkaException:
            return False


SERVER = Kafka()
