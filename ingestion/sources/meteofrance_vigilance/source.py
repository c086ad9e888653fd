"""Météo-France's vigilance: the map in force, and maps that were kept (see README.md)."""

from __future__ import annotations

import re
from collections.abc import Generator

from ingestion.feed import LoadError, Visit
from ingestion.http.answers import Question
from ingestion.http.budget import Allowance, key_hash
from ingestion.http.client import Answer, Client, HttpError
from ingestion.http.redaction import hide, without_secrets
from ingestion.lake import Incoming
from ingestion.readers.bodies import NotJson, parse
from ingestion.readers.reading import RefusedFile
from ingestion.source import LICENCE_OUVERTE, Schedule, Source, Table
from ingestion.sources.meteofrance_vigilance.bodies import PHENOMENA, product_of
from ingestion.sources.meteofrance_vigilance.settings import MeteofranceSettings
from isobar.settings import SettingsError

NAME = "meteofrance_vigilance"
MAP = re.compile(r"(CDP_CARTE_EXTERNE|vigilance).*\.json(\.gz)?")
PHENOMENA_TABLE = "phenomena"
PATH = "/DPVigilance/v1/cartevigilance/encours"

NO_KEY = (
    "vigilance needs a key of Météo-France's portal: set ISOBAR_METEOFRANCE_KEY, or api_key under [sources.meteofrance] in"
    " .dlt/secrets.toml (a free one: https://portail-api.meteofrance.fr), or load maps that were kept with --from FOLDER."
)


class VigilanceApi:
    """See :class:`ingestion.feed.Feed`: the map in force, one call."""

    def fetch(self, visit: Visit) -> Generator[Incoming, None, None]:
        """The map as a file named by when it was made: the same map, asked for again, is the same file."""
        settings = visit.settings
        own = settings.of(MeteofranceSettings)
        key = own.key()
        if not key:
            raise SettingsError(NO_KEY)
        hide(key)
        url = (visit.url or own.url).rstrip("/") + PATH
        question = Question(PHENOMENA_TABLE, url, {})
        (kept,) = visit.answers.find([question])
        visit.asked, visit.cached = 1, int(kept is not None)
        try:
            answer = kept.answer if kept else _asked(visit, url, key)
            product, _ = product_of(parse(answer.body.decode("utf-8-sig")))
        except (HttpError, NotJson, RefusedFile, UnicodeDecodeError) as error:
            raise LoadError(f"vigilance gave no map: {error}") from None
        if kept is None:
            visit.answers.keep(question, answer, key)
        made = re.sub(r"\W", "", str(product.get("update_time")))
        target = settings.scratch / "map.json"
        target.write_bytes(answer.body)
        yield Incoming(
            table=PHENOMENA_TABLE,
            file=f"encours/CDP_CARTE_EXTERNE.{made}.json",
            local_path=target,
            origin=without_secrets(url),
            is_simulated=answer.is_simulated,
        )


def _asked(visit: Visit, url: str, key: str) -> Answer:
    own = visit.settings.of(MeteofranceSettings)
    allowance = Allowance(NAME, key_hash(key), own.budget, visit.calls, visit.settings.now)
    allowance.plan(1, "the map in force")
    try:
        with Client(permit=allowance.take) as http:
            return http.answer(url, {}, {"apikey": key})
    finally:
        allowance.close()


SOURCE = Source(
    name=NAME,
    display_name="Météo-France Vigilance",
    licence=LICENCE_OUVERTE,
    tables=(
        Table(
            name=PHENOMENA_TABLE,
            layout=PHENOMENA,
            claims=lambda file: bool(MAP.fullmatch(file)),
            time_column="update_time",
            # two maps a day at least; what has expired says nothing
            schedule=Schedule(cadence_hours=12, overdue_after_hours=14),
        ),
    ),
    feed=VigilanceApi(),
    is_nested=True,  # the archive has a folder for each map: 2026/08/22/040008/CDP_CARTE_EXTERNE.json
    is_polled=True,
)
