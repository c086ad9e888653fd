"""Every setting of Isobar, resolved in one place.

The environment (`ISOBAR_*`) is read here, in `profiles.yml` and in `streamlit/settings.py`, and nowhere else; the three
agree on names and defaults (tests/test_settings.py keeps them so).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import urlsplit

PROJECT_ROOT = Path(__file__).resolve().parents[1]
"""The checkout: the package is always installed in place, beside `dbt_project/` and `streamlit/`."""

DEFAULT_DATA_DIR = PROJECT_ROOT / "data"
DEMO_FOLDER = "demo"
"""The demo's data folder, in the one of the settings: simulated and real weather never share a folder."""

DEMO_NOW = datetime(2026, 3, 1, 6, 30)
"""The demo's fixed clock: half an hour after an 06 UTC observation, which closes the climatological day before."""

DEMO_KEY = "any-text-would-do-here"
"""What the demo's simulated providers take for a key, so that it is checked, hidden and counted as a real one is."""

DBT_HUB_URL = "https://hub.getdbt.com/"
"""dbt's own default for DBT_PACKAGE_HUB_URL, read here only to ask whether anyone answers there."""


ALERT_FORMATS = ("slack", "json")
SLACK_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
"""Whose webhooks take Slack's payload without being asked; what else does (Mattermost, Rocket.Chat) is a setting."""

SECRETS = PROJECT_ROOT / ".dlt" / "secrets.toml"
"""dlt's own file for keys, read here and not through dlt: dlt writes the values it resolves to its trace."""


class SettingsError(ValueError):
    """A setting cannot be used as given; the message names it and says what is accepted."""


@dataclass(frozen=True)
class Budget:
    """Calls that one key may make: in any 60 seconds, in a UTC day, in a UTC month. None is no limit."""

    minute: int | None = None
    day: int | None = None
    month: int | None = None

    @classmethod
    def parse(cls, text: str, name: str) -> Budget:
        """Read '60/minute,32000/day,1000000/month' (any of them) or 'none'.

        Raises:
            SettingsError: it is written otherwise; `name` is the setting's.
        """
        if text == "none":
            return cls()
        limits: dict[str, int] = {}
        for part in text.split(","):
            found = re.fullmatch(r"(\d{1,12})/(minute|day|month)", part.strip())
            if not found or int(found[1]) == 0 or found[2] in limits:
                raise SettingsError(
                    f"{name}={text} is not a budget. Write it as 60/minute,32000/day,1000000/month, or none."
                )
            limits[found[2]] = int(found[1])
        return cls(**limits)

    def __str__(self) -> str:
        limits = ((self.minute, "minute"), (self.day, "day"), (self.month, "month"))
        return ",".join(f"{limit}/{period}" for limit, period in limits if limit is not None) or "none"


class ProviderSettings:
    """A provider's own settings: a frozen dataclass in its folder, `ingestion/sources/<name>/settings.py`, found by its place.

    It reads its `ISOBAR_*` variables itself, so that a new provider changes nothing here.
    """

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:  # noqa: ARG003 - those of a subclass
        """Read them from `environment`; defaults for what is not there.

        Raises:
            SettingsError: one of them cannot be used as given.
        """
        return cls()

    def environment(self) -> dict[str, str]:
        """The same as variables, for the tools that Isobar starts. Never a key: what Isobar starts calls no provider."""
        return {}

    def demo(self) -> Self:
        """As the demo takes them."""
        return self


@dataclass(frozen=True)
class KeyedProvider(ProviderSettings):
    """Settings of a provider whose API wants a key and counts calls.

    Attributes:
        NAME: of the provider, as the call log, the variables (`ISOBAR_<NAME>_KEY`) and dlt's secrets.toml name it.
        API: as the call log names it: the provider, or the provider and an API of it.
        PLAN: calls of a key without a setting.
    """

    NAME: ClassVar[str]
    API: ClassVar[str]
    PLAN: ClassVar[Budget]
    DEFAULT_URL: ClassVar[str]

    url: str
    budget: Budget
    environment_key: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """`ISOBAR_<NAME>_URL`, `_BUDGET` and `_KEY`.

        Raises:
            SettingsError: the budget is not one.
        """
        prefix = f"ISOBAR_{cls.NAME.upper()}"
        budget = environment.get(f"{prefix}_BUDGET")
        return cls(
            url=environment.get(f"{prefix}_URL") or cls.DEFAULT_URL,
            budget=Budget.parse(budget, f"{prefix}_BUDGET") if budget else cls.PLAN,
            environment_key=environment.get(f"{prefix}_KEY") or None,
        )

    def environment(self) -> dict[str, str]:
        """See :meth:`ProviderSettings.environment`."""
        prefix = f"ISOBAR_{self.NAME.upper()}"
        return {f"{prefix}_URL": self.url, f"{prefix}_BUDGET": str(self.budget)}

    def demo(self) -> Self:
        """A key of the demo's, and no limit of calls to itself."""
        return replace(self, environment_key=DEMO_KEY, budget=Budget())

    def key(self) -> str | None:
        """The key of the environment, else `[sources.<name>] api_key` of dlt's secrets.toml, else None.

        Raises:
            SettingsError: secrets.toml is not TOML.
        """
        return self.environment_key or secret("sources", self.NAME, "api_key")


OfProvider = TypeVar("OfProvider", bound=ProviderSettings)


@dataclass(frozen=True)
class SnowflakeAccount:
    """Where Snowflake is and who asks: a user with a key pair, as `deploy/snowflake/setup.sql` makes them.

    A database is an environment, as a file is on DuckDB: its schemas bear the names of the layers. No role is the user's default
    one.
    """

    account: str = ""
    user: str = ""
    private_key_path: str = ""
    private_key_passphrase: str | None = field(default=None, repr=False)
    role: str | None = None
    warehouse: str = "ISOBAR"
    database: str = "ISOBAR"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> SnowflakeAccount:
        key = environment.get("ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH")
        return cls(
            account=environment.get("ISOBAR_SNOWFLAKE_ACCOUNT") or "",
            user=environment.get("ISOBAR_SNOWFLAKE_USER") or "",
            private_key_path=str(Path(key).expanduser().resolve()) if key else "",
            private_key_passphrase=environment.get("ISOBAR_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE") or None,
            role=environment.get("ISOBAR_SNOWFLAKE_ROLE") or None,
            warehouse=environment.get("ISOBAR_SNOWFLAKE_WAREHOUSE") or cls.warehouse,
            database=environment.get("ISOBAR_SNOWFLAKE_DATABASE") or cls.database,
        )

    def environment(self) -> dict[str, str]:
        """The same as variables, but for the passphrase: dbt and the app find it where this found it."""
        return {
            "ISOBAR_SNOWFLAKE_ACCOUNT": self.account,
            "ISOBAR_SNOWFLAKE_USER": self.user,
            "ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH": self.private_key_path,
            "ISOBAR_SNOWFLAKE_ROLE": self.role or "",
            "ISOBAR_SNOWFLAKE_WAREHOUSE": self.warehouse,
            "ISOBAR_SNOWFLAKE_DATABASE": self.database,
        }

    def require(self) -> None:
        """Say what is missing before anything is tried.

        Raises:
            SettingsError: the account, the user or the key is not named, its file is not there, or a name is not an identifier.
        """
        needed = ("ISOBAR_SNOWFLAKE_ACCOUNT", "ISOBAR_SNOWFLAKE_USER", "ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH")
        missing = [name for name in needed if not self.environment()[name]]
        if missing:
            raise SettingsError(f"Snowflake needs {', '.join(missing)}: docs/snowflake.md says where each comes from.")
        if not Path(self.private_key_path).is_file():
            raise SettingsError(
                f"ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH={self.private_key_path} is no file: docs/snowflake.md says how to make a key."
            )
        for name, value in (("ROLE", self.role), ("WAREHOUSE", self.warehouse), ("DATABASE", self.database)):
            if value and not re.fullmatch(r"[A-Za-z_]\w{0,254}", value):
                raise SettingsError(
                    f"ISOBAR_SNOWFLAKE_{name}={value} is not a name. Write letters, digits and _ only, as ISOBAR_DEV."
                )


@dataclass(frozen=True)
class AwsAccess:
    """How a service of AWS is reached: by the variables that AWS's own tools read, and `[lake]` of dlt's secrets.toml.

    Attributes:
        endpoint: of a server that is not AWS's own, None for AWS.
        is_path_style: whether the bucket's name goes into the path; ISOBAR_LAKE_PATH_STYLE, else where there is an endpoint.
        profile: of AWS's shared files, where no key is set.
        is_ambient: whether the container or the workflow has a role of its own.
    """

    endpoint: str | None = None
    region: str = "us-east-1"
    is_path_style: bool = False
    key_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    profile: str | None = None
    is_ambient: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], service: str = "s3") -> AwsAccess:
        """Raises:
        SettingsError: ISOBAR_LAKE_PATH_STYLE is neither on nor off, or secrets.toml is not TOML.
        """
        own = environment.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        endpoint = own or environment.get("AWS_ENDPOINT_URL") or None
        path_style = environment.get("ISOBAR_LAKE_PATH_STYLE") or ("on" if endpoint else "off")
        if path_style not in ("on", "off"):
            raise SettingsError(f"ISOBAR_LAKE_PATH_STYLE={path_style} is not known. Use one of: on, off.")
        key_id, hidden = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
        profile = environment.get("AWS_PROFILE")
        if not ((key_id and hidden) or profile):
            key_id, hidden = secret("lake", "aws_access_key_id"), secret("lake", "aws_secret_access_key")
        roles = (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        )
        return cls(
            endpoint=endpoint,
            region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or cls.region,
            is_path_style=path_style == "on",
            key_id=key_id,
            secret=hidden,
            token=environment.get("AWS_SESSION_TOKEN"),
            profile=profile,
            is_ambient=any(environment.get(name) for name in roles),
        )


@dataclass(frozen=True)
class KafkaAccess:
    """How Kafka is reached: `ISOBAR_KAFKA_*`, and `[kafka]` of dlt's secrets.toml.

    Attributes:
        bootstrap_servers: host:port of one broker or several.
        topic_prefix: before the name of every topic, for several houses on one cluster.
        partitions, retention_days: of topics that are created.
        options: librdkafka's own settings for TLS and SASL, by their names there (`sasl.password`).
    """

    SERVERS: ClassVar[str] = "ISOBAR_KAFKA_BOOTSTRAP_SERVERS"
    TOPIC_PREFIX: ClassVar[str] = "ISOBAR_KAFKA_TOPIC_PREFIX"
    PARTITIONS: ClassVar[str] = "ISOBAR_KAFKA_PARTITIONS"
    RETENTION_DAYS: ClassVar[str] = "ISOBAR_KAFKA_RETENTION_DAYS"
    # what else librdkafka has would change what is promised: acknowledgements, offsets, order
    PASSED_ON: ClassVar[tuple[str, ...]] = ("security.", "sasl.", "ssl.", "enable.ssl.", "socket.", "broker.address.")
    SECRET: ClassVar[re.Pattern[str]] = re.compile(r"password|secret|token|pem|jaas|assertion|config")

    bootstrap_servers: str
    topic_prefix: str = ""
    partitions: int = 3
    retention_days: int = 7
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> KafkaAccess:
        """Raises:
        SettingsError: no broker is named, a number is none, or a setting is not passed on.
        """
        prefix = cls.SERVERS.removesuffix("BOOTSTRAP_SERVERS")
        own = (cls.SERVERS, cls.TOPIC_PREFIX, cls.PARTITIONS, cls.RETENTION_DAYS)
        servers, topic_prefix = environment.get(cls.SERVERS), environment.get(cls.TOPIC_PREFIX) or ""
        if not servers:
            raise SettingsError(f"ISOBAR_TRANSPORT=kafka needs {cls.SERVERS}: host:port of a broker.")
        if not re.fullmatch(r"[\w.-]{0,50}", topic_prefix, re.ASCII):
            raise SettingsError(
                f"{cls.TOPIC_PREFIX}={topic_prefix} cannot begin a topic. Use letters, digits, . _ and -."
            )
        options = secrets("kafka") | {
            name.removeprefix(prefix).lower().replace("_", "."): value
            for name, value in environment.items()
            if name.startswith(prefix) and name not in own and value
        }
        if odd := [name for name in options if not name.startswith(cls.PASSED_ON)]:
            name = prefix + odd[0].upper().replace(".", "_")
            raise SettingsError(
                f"{name} is not a setting. Use {', '.join(own)}, or librdkafka's for TLS and SASL, as {prefix}SECURITY_PROTOCOL."
            )
        return cls(
            servers,
            topic_prefix,
            _count(environment.get(cls.PARTITIONS), cls.PARTITIONS, cls.partitions),
            _count(environment.get(cls.RETENTION_DAYS), cls.RETENTION_DAYS, cls.retention_days),
            options,
        )

    def secrets(self) -> list[str]:
        """Values that are shown nowhere."""
        return [value for name, value in self.options.items() if self.SECRET.search(name)]


def _count(value: str | None, name: str, default: int) -> int:
    if not value:
        return default
    if not re.fullmatch(r"[1-9]\d{0,4}", value):
        raise SettingsError(f"{name}={value} is not a whole number from 1.")
    return int(value)


@dataclass(frozen=True)
class Settings:
    """One run's settings. Paths are absolute; `clock` is None when time is not frozen."""

    data_dir: Path
    target: str = "duckdb"
    snowflake: SnowflakeAccount = SnowflakeAccount()
    clock: datetime | None = None
    is_elementary_on: bool = True
    dbt_hub_url: str = DBT_HUB_URL
    alert_environment_webhook: str | None = field(default=None, repr=False)
    alert_format: str | None = None
    alert_departments: tuple[str, ...] = ()
    log_format: str = "text"
    is_demo: bool = False
    variables: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    own: tuple[ProviderSettings, ...] = ()
    transport: str = "direct"
    lake_at: str | None = None  # a folder or s3://bucket/prefix; None is the data folder's own
    outlets: tuple[str, ...] = ()  # URLs, without secrets, of the stores that are sent each publication
    cache: str | None = None  # URL, without a secret, of the Redis that keeps answers of polls

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read `ISOBAR_*` from `environment`.

        Raises:
            SettingsError: `ISOBAR_NOW` is not an ISO time, `ISOBAR_TARGET`, `ISOBAR_ELEMENTARY`, `ISOBAR_LOG_FORMAT` or
                `ISOBAR_ALERT_FORMAT` is not one that exists, `ISOBAR_ALERT_DEPARTMENTS` is no list of departments,
                `ISOBAR_LAKE` is neither a folder nor a bucket, `ISOBAR_TRANSPORT` is not one that exists, `ISOBAR_OUTLETS` is
                no list of URLs, or the target is Snowflake and its account is not known.
        """
        target = environment.get("ISOBAR_TARGET") or "duckdb"
        if target not in TARGETS:
            raise SettingsError(f"ISOBAR_TARGET={target} is not known. Use one of: {', '.join(TARGETS)}.")
        transport = environment.get("ISOBAR_TRANSPORT") or TRANSPORTS[0]
        if transport not in TRANSPORTS:
            raise SettingsError(f"ISOBAR_TRANSPORT={transport} is not known. Use one of: {', '.join(TRANSPORTS)}.")
        alert_format = environment.get("ISOBAR_ALERT_FORMAT") or None
        if alert_format not in (None, *ALERT_FORMATS):
            raise SettingsError(
                f"ISOBAR_ALERT_FORMAT={alert_format} is not known. Use one of: {', '.join(ALERT_FORMATS)}."
            )
        snowflake = SnowflakeAccount.from_environment(environment)
        if target == "snowflake":
            snowflake.require()
        elementary = environment.get("ISOBAR_ELEMENTARY") or "on"
        if elementary not in ("on", "off"):
            raise SettingsError(f"ISOBAR_ELEMENTARY={elementary} is not known. Use one of: on, off.")
        return cls(
            data_dir=Path(environment.get("ISOBAR_DATA_DIR") or DEFAULT_DATA_DIR).expanduser().resolve(),
            target=target,
            snowflake=snowflake,
            clock=parse_clock(environment.get("ISOBAR_NOW")),
            is_elementary_on=elementary == "on",
            dbt_hub_url=environment.get("DBT_PACKAGE_HUB_URL") or DBT_HUB_URL,
            alert_environment_webhook=environment.get("ISOBAR_ALERT_WEBHOOK") or None,
            alert_format=alert_format,
            alert_departments=parse_departments(
                environment.get("ISOBAR_ALERT_DEPARTMENTS"), "ISOBAR_ALERT_DEPARTMENTS", CORSICA_AS_TWO
            ),
            log_format=parse_log_format(environment.get("ISOBAR_LOG_FORMAT")),
            variables=environment,
            transport=transport,
            lake_at=parse_lake(environment.get("ISOBAR_LAKE")),
            outlets=parse_outlets(environment.get("ISOBAR_OUTLETS")),
            cache=parse_cache(environment.get("ISOBAR_CACHE")),
        )

    def environment(self) -> dict[str, str]:
        """The same settings as variables, for the tools that Isobar starts (dbt, dlt, Streamlit)."""
        variables = {
            "ISOBAR_DATA_DIR": str(self.data_dir),
            "ISOBAR_TARGET": self.target,
            "ISOBAR_LOG_FORMAT": self.log_format,
            "ISOBAR_ALERT_FORMAT": self.alert_format or "",
            "ISOBAR_ALERT_DEPARTMENTS": ",".join(self.alert_departments),
            # no key and no webhook: what Isobar starts calls no provider and alerts nobody
            # dlt finds `.dlt/config.toml` through this, wherever the command is called from.
            "DLT_PROJECT_DIR": str(PROJECT_ROOT),
        }
        for each in self.own:
            variables |= each.environment()
        if self.target == "snowflake":
            variables |= self.snowflake.environment()
        if self.clock is not None:
            variables["ISOBAR_NOW"] = self.clock.isoformat()
        if not self.is_elementary_on:
            variables["ISOBAR_ELEMENTARY"] = "off"
        if self.lake_at is not None:
            variables["ISOBAR_LAKE"] = self.lake_at
        return variables

    def outlet_password(self, url: str) -> str | None:
        """The password of an outlet's user: ISOBAR_OUTLET_PASSWORD_<SCHEME>, else `[outlets.<scheme>] password` of dlt's
        secrets.toml, else None: what the store's own client finds (`~/.pgpass`).

        Raises:
            SettingsError: secrets.toml is not TOML.
        """
        scheme = urlsplit(url).scheme
        return self.variables.get(f"ISOBAR_OUTLET_PASSWORD_{scheme.upper()}") or secret("outlets", scheme, "password")

    def cache_password(self) -> str | None:
        """The password of the cache's user: ISOBAR_CACHE_PASSWORD, else `[cache] password` of dlt's secrets.toml.

        Raises:
            SettingsError: secrets.toml is not TOML.
        """
        return self.variables.get("ISOBAR_CACHE_PASSWORD") or secret("cache", "password")

    def alert_webhook(self) -> str | None:
        """Where alerts are posted, of the environment, else `[alerts] webhook` of dlt's secrets.toml. It is a secret as a whole.

        Raises:
            SettingsError: it is no address, or secrets.toml is not TOML.
        """
        webhook = self.alert_environment_webhook or secret("alerts", "webhook")
        if webhook is None:
            return None
        try:
            parts = urlsplit(webhook)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            is_address = False
        if not is_address:  # not shown: which part of it is the secret, nobody can say
            raise SettingsError(
                "ISOBAR_ALERT_WEBHOOK is not an address. Write it as https://hooks.slack.com/services/…."
            )
        return webhook

    def of(self, kind: type[OfProvider]) -> OfProvider:
        """A provider's own settings: those given to :meth:`with_own`, else those of the environment.

        Raises:
            SettingsError: one of them cannot be used as given.
        """
        given = next((each for each in self.own if type(each) is kind), None)
        found = given or kind.from_environment(self.variables)
        return found.demo() if self.is_demo else found

    def with_own(self, *own: ProviderSettings) -> Settings:
        """The same, with these instead of what the environment says of their providers."""
        kept = tuple(each for each in self.own if type(each) not in map(type, own))
        return replace(self, own=kept + own)

    def demo(self) -> Settings:
        """The demo's: a data folder and a clock of its own; keys, lists and budgets as :meth:`ProviderSettings.demo` has them.

        Its warehouse is always the file in its folder: simulated weather has no place in an account.
        """
        return replace(
            self,
            target="duckdb",
            data_dir=self.data_dir / DEMO_FOLDER,
            clock=DEMO_NOW,
            is_demo=True,
            cache=None,  # all of the demo's polls are its own
            lake_at=f"{self.lake_at}/{DEMO_FOLDER}" if self.lake_at else None,
        )

    def require_folder(self) -> None:
        """Say that the data folder cannot be one before anything is tried. It need not exist yet.

        Raises:
            SettingsError: it, or a folder above it, is a file.
        """
        for path in (self.data_dir, *self.data_dir.parents):
            if path.is_dir():
                return
            if path.exists():
                raise SettingsError(
                    f"the data folder {self.data_dir} cannot be: {path} is a file. Name a folder (--data-dir or ISOBAR_DATA_DIR)."
                )

    def now(self) -> datetime:
        """The one clock: UTC, without zone, as every time in the warehouse."""
        return self.clock or datetime.now(UTC).replace(tzinfo=None)

    @property
    def lake_url(self) -> str | None:
        """The bucket and prefix of the lake; None where it is a folder."""
        return self.lake_at if self.lake_at and self.lake_at.startswith(BUCKET) else None

    @property
    def bucket(self) -> AwsAccess:
        """How the lake's bucket is reached.

        Raises:
            SettingsError: see :meth:`AwsAccess.from_environment`.
        """
        return self.aws("s3")

    def aws(self, service: str) -> AwsAccess:
        """How a service of AWS is reached, by boto3's name for it.

        Raises:
            SettingsError: see :meth:`AwsAccess.from_environment`.
        """
        return AwsAccess.from_environment(self.variables, service)

    @property
    def kafka(self) -> KafkaAccess:
        """How Kafka is reached.

        Raises:
            SettingsError: see :meth:`KafkaAccess.from_environment`.
        """
        return KafkaAccess.from_environment(self.variables)

    @property
    def lake(self) -> Path:
        """The folder of the lake, where it is one."""
        return Path(self.lake_at) if self.lake_at and not self.lake_url else self.data_dir / "lake"

    @property
    def warehouse(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.data_dir / "published"

    @property
    def marts(self) -> Path:
        return self.data_dir / "marts.duckdb"

    @property
    def health(self) -> Path:
        """What is known of the pipeline, published on its own after every build."""
        return self.data_dir / "health.duckdb"

    @property
    def alerts(self) -> Path:
        """What `isobar alerts` has sent, and what of it is open."""
        return self.data_dir / "alerts.json"

    @property
    def ledger(self) -> Path:
        return self.data_dir / "ledger.jsonl"

    @property
    def metrics(self) -> Path:
        """Figures of the runs for Prometheus; in a folder of its own, which node_exporter is given."""
        return self.data_dir / "metrics" / "isobar.prom"

    @property
    def logs(self) -> Path:
        """dbt's logs."""
        return self.data_dir / "logs"

    @property
    def dbt_target(self) -> Path:
        """dbt's artifacts, beside the data: two data folders never share a half-written manifest."""
        return self.data_dir / "target"

    @property
    def pipelines_dir(self) -> Path:
        """dlt's working folders, for each warehouse its own: `dlt pipeline --pipelines-dir data/dlt synop info`."""
        return self.data_dir / ("dlt" if self.target == "duckdb" else f"dlt_{self.target}")

    @property
    def scratch(self) -> Path:
        """Half-made files: on the disk of the data, so that a rename is atomic; safe to delete when nothing runs."""
        return self.data_dir / "scratch"


def secret(*names: str) -> str | None:
    """A value of dlt's secrets.toml by its path, as `[sources.openweather] api_key`; None where there is none."""
    found: Any = _secrets()
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return str(found) if found else None


def secrets(section: str) -> dict[str, str]:
    """All values of a section of dlt's secrets.toml; none where it is not there."""
    found = _secrets().get(section)
    return {name: str(value) for name, value in found.items() if value} if isinstance(found, dict) else {}


def _secrets() -> dict[str, Any]:
    if not SECRETS.exists():
        return {}
    try:
        return tomllib.loads(SECRETS.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):  # its message would show a part of the file
        raise SettingsError(".dlt/secrets.toml is not TOML. Compare it with .dlt/secrets.toml.template.") from None


TARGETS = ("duckdb", "snowflake")
"""dbt target = dlt destination."""


TRANSPORTS = ("direct", "kafka", "kinesis")
"""How answers of polls get into the lake: at once, or by a broker (ingestion/streams)."""


LOG_FORMATS = ("text", "json")
"""Tables and bars for people, or lines of JSON for machines."""


BUCKET = "s3://"


def parse_lake(value: str | None) -> str | None:
    """`ISOBAR_LAKE`: s3://bucket/prefix, or the absolute path of a folder; None when unset.

    Raises:
        SettingsError: it is another kind of address, or has a key in it.
    """
    if not value:
        return None
    if "://" not in value:
        return str(Path(value).expanduser().resolve())
    try:
        parts = urlsplit(value)
    except ValueError:
        raise SettingsError("ISOBAR_LAKE is not an address. Use a folder or s3://bucket/prefix.") from None
    if "@" in parts.netloc or parts.query:  # not shown: it may be a secret
        raise SettingsError(
            "ISOBAR_LAKE has more than a bucket and a prefix in it. Set keys as AWS_ACCESS_KEY_ID and so on."
        )
    if parts.scheme != "s3" or not parts.netloc:
        raise SettingsError(f"ISOBAR_LAKE={value} is not known. Use a folder or s3://bucket/prefix.")
    return value.rstrip("/")


def parse_outlets(value: str | None) -> tuple[str, ...]:
    """`ISOBAR_OUTLETS`: URLs, with commas or spaces between them; none when unset.

    Raises:
        SettingsError: one is no URL, is named twice, or has a password in it.
    """
    urls = tuple((value or "").replace(",", " ").split())
    for url in urls:
        try:
            parts = urlsplit(url)
            has_password = parts.password is not None or "password" in parts.query.lower()
        except ValueError:
            raise SettingsError("ISOBAR_OUTLETS has something that is not a URL in it.") from None
        if has_password:  # not shown: it has a secret
            raise SettingsError(
                "ISOBAR_OUTLETS has a password in it. Take it out, and set it as ISOBAR_OUTLET_PASSWORD_POSTGRESQL (or another"
                " scheme) or in .dlt/secrets.toml."
            )
        if not parts.scheme or not parts.netloc:
            raise SettingsError(
                f"ISOBAR_OUTLETS: {url} is not a URL. Write it as postgresql://user@host:5432/weather_dw."
            )
    if len({*urls}) < len(urls):
        raise SettingsError("ISOBAR_OUTLETS names a store twice.")
    return urls


def parse_cache(value: str | None) -> str | None:
    """`ISOBAR_CACHE`: the URL of a Redis; None when unset.

    Raises:
        SettingsError: it is another kind of address, or has a password in it.
    """
    if not value:
        return None
    try:
        parts = urlsplit(value)
        is_plain = parts.password is None and not parts.query and re.fullmatch(r"/?\d*", parts.path)
        is_redis = parts.scheme == "redis" and bool(parts.hostname) and (parts.port or True)
    except ValueError:
        raise SettingsError("ISOBAR_CACHE is not an address. Write it as redis://user@host:6379/0.") from None
    if not is_plain:  # not shown: it may have a secret
        raise SettingsError(
            "ISOBAR_CACHE has more than user, host, port and number of a database in it. Set its password as"
            " ISOBAR_CACHE_PASSWORD or in .dlt/secrets.toml."
        )
    if not is_redis:
        raise SettingsError(f"ISOBAR_CACHE={value} is not known. Write it as redis://user@host:6379/0.")
    return value


def parse_log_format(value: str | None) -> str:
    """`ISOBAR_LOG_FORMAT`; text when unset.

    Raises:
        SettingsError: it is none of them.
    """
    if not value:
        return LOG_FORMATS[0]
    if value not in LOG_FORMATS:
        raise SettingsError(f"ISOBAR_LOG_FORMAT={value} is not known. Use one of: {', '.join(LOG_FORMATS)}.")
    return value


def logs_are_json(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a call asks for JSON lines, told before its options are read: a wrong option is such a line too."""
    given = [after for option, after in pairwise(arguments) if option == "--log-format"]
    given += [each.partition("=")[2] for each in arguments if each.startswith("--log-format=")]
    return (given[-1] if given else environment.get("ISOBAR_LOG_FORMAT")) == "json"


def parse_clock(value: str | None) -> datetime | None:
    """`ISOBAR_NOW` as UTC without zone; None when unset.

    Raises:
        SettingsError: the value is not an ISO 8601 time.
    """
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise SettingsError(f"ISOBAR_NOW={value} is not a time. Write it as 2026-03-01T06:30:00 (UTC).") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


CORSICA_AS_ONE = (r"\d{2}|9[78]\d", "20")
CORSICA_AS_TWO = (r"(?!20)(0[1-9]|[1-8]\d|9[0-5])|2[AB]|97[1-8]|98[678]", "2A and 2B")
"""Météo-France's climatology numbers departments in the one way, its vigilance in the other; Corsica is … Vigilance is of
departments that there are: an alert for another number would never come."""


def parse_departments(value: str | None, name: str, numbering: tuple[str, str]) -> tuple[str, ...]:
    """'33,75,974', in Météo-France's numbers; none when unset. `name` is the setting's.

    Raises:
        SettingsError: something in it is no such number.
    """
    pattern, corsica = numbering
    departments = tuple(part.strip() for part in value.split(",")) if value else ()
    for department in departments:
        if not re.fullmatch(pattern, department):
            raise SettingsError(
                f"{name}: {department} is no department of Météo-France. Write them as 33,75,974; Corsica is {corsica}."
            )
    return departments
