"""The runs' figures in Prometheus' text format, for node_exporter's textfile collector: docs/metrics.md.

Made from the ledger alone, after every command that writes to it, so that a run that was killed shows in the next file. Times
and last values, nothing that is counted up: each is a gauge, and what it means over time is the reader's question.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ingestion.http.budget import calls_left
from ingestion.providers import budget_of
from isobar.health.outlets import outlets
from isobar.runs.last import run_state
from isobar.runs.ledger import Ledger
from isobar.settings import Settings


def write(settings: Settings) -> None:
    """Make the file anew and rename it over the last one.

    Raises:
        OSError: it cannot be written; the last one is as it was.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(settings))
    settings.metrics.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(settings.metrics), registry)


class _Figures(Collector):
    """The metrics of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger(settings)
        self.runs = run_state(settings)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every family, whether or not there is a value for it yet."""
        yield from self._runs()
        yield from self._loads()
        yield from self._streams()
        yield from self._outlets()
        yield from self._budgets()
        yield from self._build()

    def _runs(self) -> Iterator[GaugeMetricFamily]:
        labels = ("command", "source")
        last = _gauge("run_last_timestamp_seconds", "Start of the last run, Unix time in seconds.", labels)
        success = _gauge(
            "run_last_success_timestamp_seconds", "End of the last run that ended well, Unix time in seconds.", labels
        )
        duration = _gauge("run_duration_seconds", "Seconds that the last finished run took.", labels)
        failed = _gauge(
            "run_failed", "Whether the last run failed, was stopped or was killed: 1, or 0 when it ended well.", labels
        )
        for run in self.runs.last:
            key = (run.command, run.source or "")
            last.add_metric(key, _unix(run.started_at.isoformat()))
            if run.done:
                success.add_metric(key, _unix(run.done["at"]))
            if run.finished and "seconds" in run.finished:
                duration.add_metric(key, run.finished["seconds"])
            failed.add_metric(key, float(run.ended_badly))
        yield from (last, success, duration, failed)

    def _loads(self) -> Iterator[GaugeMetricFamily]:
        rows = _gauge("rows_appended", "Rows that the last good load appended to raw.", ("source", "table"))
        rejected = _gauge(
            "rejected_cells", "Cells, and whole rows, that the last good load could not read.", ("source", "table")
        )
        refused = _gauge("refused_files", "Files and requests that the last good load could not use.", ("source",))
        requests = _gauge("requests", "Requests that the last good load had to make of an API.", ("source",))
        unanswered = _gauge("requests_failed", "Of those requests, the ones that gave nothing.", ("source",))
        newest = _gauge(
            "newest_observation_timestamp_seconds",
            "Newest observation in raw after the last good load, Unix time in seconds.",
            ("source",),
        )
        loads = {run.source or "": run.done for run in self.runs.last if run.command == "load" and run.done}
        for source, load in loads.items():
            for table, counts in load["tables"].items():
                rows.add_metric((source, table), counts["appended_row_count"])
                rejected.add_metric((source, table), counts["rejected_cell_count"])
            refused.add_metric((source,), len(load["refused"]))
            requests.add_metric((source,), load["asked"])
            unanswered.add_metric((source,), load["failed"])
            if load["newest_observed_at"]:
                newest.add_metric((source,), _unix(load["newest_observed_at"]))
        yield from (rows, rejected, refused, requests, unanswered, newest)

    def _streams(self) -> Iterator[GaugeMetricFamily]:
        messages = _gauge("stream_lag_messages", "Messages not landed after the last poll or landing.", ("topic",))
        seconds = _gauge(
            "stream_lag_seconds", "Age of the oldest of them in seconds, where the broker counts time.", ("topic",)
        )
        done = [run.done for run in self.runs.last if run.command in ("stream poll", "stream land") and run.done]
        last = {each["topic"]: each for end in sorted(done, key=lambda end: end["at"]) for each in end.get("lag", [])}
        for topic, lag in last.items():
            for gauge, name in ((messages, "messages"), (seconds, "seconds")):
                if lag[name] is not None:
                    gauge.add_metric((topic,), lag[name])
        yield from (messages, seconds)

    def _outlets(self) -> Iterator[GaugeMetricFamily]:
        at = _gauge(
            "outlet_published_timestamp_seconds",
            "Publication that an outlet has: when it was made, Unix time in seconds.",
            ("outlet",),
        )
        behind = _gauge("outlet_behind", "1 where an outlet has another publication than this folder.", ("outlet",))
        for each in outlets(self.settings):
            behind.add_metric((each.outlet,), float(each.is_behind))
            if each.published_at:
                at.add_metric((each.outlet,), _unix(each.published_at))
        yield from (at, behind)

    def _budgets(self) -> Iterator[GaugeMetricFamily]:
        left = _gauge(
            "api_calls_left", "Calls that the key used last may still make in this period (UTC).", ("api", "period")
        )
        keys = {event["api"]: event["key"] for event in self.ledger.events() if event["event"] == "calls"}
        for api, key in keys.items():
            budget = budget_of(self.settings, api)
            if budget is not None:
                remaining = calls_left(budget, self.ledger.calls(api, key), self.settings.now())
                for period in ("minute", "day", "month"):
                    if (calls := getattr(remaining, period)) is not None:
                        left.add_metric((api, period), calls)
        yield left

    def _build(self) -> Iterator[GaugeMetricFamily]:
        rows = _gauge("published_rows", "Rows of all published marts.")
        tests = _gauge(
            "build_tests",
            "Tests of the last finished build that ran dbt, by dbt's word for their outcome.",
            ("status",),
        )
        build = self.runs.of("build")
        if build and build.done:
            rows.add_metric((), build.done["publication"]["row_count"])
        if build and build.tested:
            for status, count in build.tested["dbt"]["tests"].items():
                tests.add_metric((status,), count)
        yield from (rows, tests)


def _gauge(name: str, documentation: str, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"isobar_{name}", documentation, labels=labels)


def _unix(moment: str) -> float:
    """An ISO time of the ledger (UTC without zone) as Unix time."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
