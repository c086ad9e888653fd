"""The monthly figures against those that Météo-France published: CLIMAT, an independent computation from the same stations.

    python -m tests.accuracy        writes docs/accuracy.md (`make accuracy`)

CLIMAT gives means of Tn and Tx in 0.1 °C and rain in whole millimetres, for 1996-01 to 06 and the metropolitan stations of
WMO block 07 here. A station-month counts where both sides have a figure; for rain where every day is covered.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from isobar.settings import PROJECT_ROOT, Settings

REPORT = PROJECT_ROOT / "docs" / "accuracy.md"
CLIMAT_FILES = "climat.19960[1-6].csv.gz"
WORST_SHOWN = 10


@dataclass(frozen=True)
class Element:
    """One compared figure: the mart's column, CLIMAT's, how close is close, and for how many station-months at least."""

    name: str
    column: str
    climat: str
    unit: str
    tolerance: float
    share: float
    counted: str = "true"


ELEMENTS = (
    Element("mean of Tn", "temperature_min_mean_c", "TNMOY", "°C", 0.1, 0.98),
    Element("mean of Tx", "temperature_max_mean_c", "TXMOY", "°C", 0.1, 0.96),
    Element("rain", "precipitation_total_mm", "RR", "mm", 1.5, 0.90, "is_precipitation_complete"),
)
ROUNDING = 1e-6
"""A difference of exactly the tolerance is within it, whatever binary fractions make of it."""


@dataclass(frozen=True)
class Pair:
    """One station-month on both sides."""

    element: Element
    station: str
    month: str
    ours: float
    theirs: float
    day_count: int

    @property
    def difference(self) -> float:
        return self.ours - self.theirs

    @property
    def is_close(self) -> bool:
        return abs(self.difference) <= self.element.tolerance + ROUNDING


def pairs(marts: Path, climat: Path) -> list[Pair]:
    """Every station-month that both sides have, for every element."""
    found = []
    with duckdb.connect() as session:
        session.execute(f"attach '{marts}' as m (read_only); use m")
        for element in ELEMENTS:
            days = "precipitation_day_count" if element.climat == "RR" else "temperature_day_count"
            found += [
                Pair(element, *row)
                for row in session.execute(
                    f"select c.NUM_POSTE, strftime(month_start_date, '%Y-%m'), {element.column}, c.{element.climat}::double, {days}"
                    " from fct_monthly_climate as ours join read_csv(?, all_varchar = true, delim = ';') as c"
                    " on ours.location_id = 'wmo:' || c.NUM_POSTE and ours.month_start_date = c.DAT::timestamp::date"
                    f" where ours.source = 'synop' and c.NUM_POSTE like '07%' and {element.counted}"
                    f" and {element.column} is not null and c.{element.climat} is not null order by 1, 2",
                    [str(climat / CLIMAT_FILES)],
                ).fetchall()
            ]
    return found


def shares(compared: list[Pair]) -> dict[str, tuple[int, int]]:
    """Element -> (close, compared)."""
    return {
        element.name: (
            sum(pair.is_close for pair in compared if pair.element is element),
            sum(pair.element is element for pair in compared),
        )
        for element in ELEMENTS
    }


def worst(compared: list[Pair]) -> list[Pair]:
    """The station-months furthest off, measured in tolerances."""
    return sorted(compared, key=lambda pair: (-abs(pair.difference) / pair.element.tolerance, pair.station))[
        :WORST_SHOWN
    ]


EXPLAINED = {
    (
        "rain",
        "07621",
        "1996-02",
    ): "CLIMAT counts 5 days of 10 mm or more, the messages 4. On 02-26 rain or drizzle is reported all day "
    "(ww 60, 61) while rr24 and rr12 say 0.0 and rr3 and rr6 some tenths: the day's rain is not in the messages.",
    (
        "rain",
        "07535",
        "1996-02",
    ): "CLIMAT has one more day of 5 mm or more. On 02-21 (snow) and 02-27 (drizzle) every amount was sent as "
    "0.0: which of them it was cannot be told from SYNOP.",
    (
        "rain",
        "07240",
        "1996-02",
    ): "Snow on 02-05 and 02-06 (ww 71 and 73, 5 cm on the ground) was sent as 0.0 mm; a gauge is read again when "
    "it has melted.",
    (
        "mean of Tx",
        "07535",
        "1996-05",
    ): "On 05-16 only 4 of 8 reports exist and the one of 18 UTC, with tx12, is not among them: the highest "
    "reading left, 20.1 °C at 09 UTC, stands for the day.",
    (
        "rain",
        "07643",
        "1996-01",
    ): "On 01-09 continuous rain (ww 63) came with amounts of 0.0; on 01-10 only parts in whole millimetres.",
    (
        "mean of Tx",
        "07037",
        "1996-02",
    ): "The report of 18 UTC, which carries tx12, is missing on 6 days; afternoon readings stand for it.",
    (
        "rain",
        "07621",
        "1996-05",
    ): "One of the days 05-16 to 05-19 was sent short; the other totals agree with CLIMAT within its rounding.",
    (
        "rain",
        "07314",
        "1996-02",
    ): "No rr24 in the whole month: 29 days were summed from parts, which in 1996 are whole millimetres.",
    (
        "mean of Tn",
        "07037",
        "1996-05",
    ): "Reports of 06 UTC, which carry tn12, are missing on several days, 05-13 and 05-26 among them; "
    "readings at 03 and 09 UTC miss the minimum at sunrise.",
    (
        "mean of Tx",
        "07627",
        "1996-02",
    ): "02-07 18 UTC reports tx12 = 20.3 °C between readings of 3.1 and 7.6 °C: rejected. CLIMAT's figure means "
    "about 12 °C for that day; taking 20.3 would put the month 0.29 °C too high.",
    ("rain", "07280", "1996-02"): "On 02-06 rr24 says 1.4 mm and its parts 0.6 mm: a total above its parts is kept.",
}
"""Why a station-month is among the worst, read off its messages; `make accuracy` asks for a sentence when a new one appears."""

PREFACE = """# How accurate the monthly figures are

Written by `make accuracy`; do not edit. Source of both sides: Météo-France (Licence Ouverte 2.0).

CLIMAT messages are the monthly figures that Météo-France published for the same stations. Isobar computes its own from the
three-hourly SYNOP messages of 1996-01 to 1996-06, metropolitan stations. CLIMAT rounds temperatures to 0.1 °C and rain to whole
millimetres; SYNOP lacks a report here and there, and what was not sent cannot be computed.

Rain is compared where every day of the month is covered, temperatures wherever both sides have a mean.
Two rules were settled while looking at these very months (a day enters a monthly mean when half of its window is covered; an
extreme 7 °C away from all readings around it is rejected). Each has a physical reason of its own, stated in
`dbt_project.yml`, but the shares below are no independent validation of those two.

| figure | station-months | within | share | asked for |
|---|---|---|---|---|
"""


def report(compared: list[Pair]) -> str:
    """`docs/accuracy.md`.

    Raises:
        KeyError: one of the worst has no explanation yet.
    """
    lines = []
    for element in ELEMENTS:
        close, count = shares(compared)[element.name]
        lines.append(
            f"| {element.name} | {count} | {close} within {element.tolerance:g} {element.unit} | {close / count:.2%} "
            f"| {element.share:.0%} |"
        )
    lines += [
        "",
        f"## The worst {WORST_SHOWN}, and why",
        "",
        "| figure | station | month | Isobar | CLIMAT | off by | why |",
    ]
    lines += ["|---|---|---|---|---|---|---|"]
    for pair in worst(compared):
        why = EXPLAINED[pair.element.name, pair.station, pair.month]
        unit = pair.element.unit
        lines.append(
            f"| {pair.element.name} | {pair.station} | {pair.month} | {pair.ours:.2f} {unit} | {pair.theirs:g} {unit} "
            f"| {pair.difference:+.2f} {unit} | {why} |"
        )
    return PREFACE + "\n".join(lines) + "\n"


def main(shared: Path) -> None:
    from ingestion.load import load
    from ingestion.registry import SOURCES
    from isobar.build import build_and_publish

    with tempfile.TemporaryDirectory(prefix="isobar-accuracy-") as folder:
        settings = Settings(data_dir=Path(folder))
        load(SOURCES["synop"], settings, str(shared / "data" / "synop"))
        build_and_publish(settings)
        REPORT.write_text(report(pairs(settings.marts, shared / "data" / "climat")), encoding="utf-8")
    print(f"wrote {REPORT.relative_to(PROJECT_ROOT)}")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT_ROOT.parent / "shared")
