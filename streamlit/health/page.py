"""The page that says whether today's numbers can be trusted: it needs no published marts, and no build that went well."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from health import charts, data
from health.data import Health, Verdict
from settings import Settings
from shared import address, exports, formats, marts
from shared.figures import metric
from shared.frame import Reader, page_without_marts, provenance, simulated
from shared.pictures import About, shown
from shared.tables import folded_table, table

ALL = "all"
BOXES = {"yes": st.success, "archives": st.info, "care": st.warning, "no": st.error}


def draw(reader: Reader, settings: Settings) -> None:
    """In UTC: what the pipeline does has no place."""
    reader = replace(reader, has_local_times=False)
    repository = marts.open_health(settings)
    found = marts.ask(repository, repository.version, data.read)
    written, published = found.build["written_at"], found.build["published_at"]
    reader.heading.name(reader.say("heading_health", day=formats.day(reader.language, written)))
    simulated(reader, str(found.build["warehouse_kind"]))
    provenance(
        reader,
        str(found.build["warehouse_kind"]),
        [
            reader.say(
                "health_written",
                age=formats.age(reader.language, reader.now - written),
                moment=formats.moment(reader.language, written),
            ),
            reader.say("never_published")
            if pd.isna(published)
            else reader.say("published", age=formats.age(reader.language, reader.now - published)),
        ],
    )
    _answer(reader, found, data.verdict(reader.language, found, reader.now))
    if found.sources.empty:
        st.info(reader.say("state_no_detail"))
    else:
        _figures(reader, found)
        _sources(reader, found)
        _places(reader, found)
        _runs(reader, found)
        _tests(reader, found)
        _budgets(reader, found)
    _report(reader, settings)


def _answer(reader: Reader, found: Health, verdict: Verdict) -> None:
    BOXES[verdict.severity](verdict.sentence)
    if verdict.problems:
        st.header(reader.say("what_to_do"), anchor=False)
        said = [
            reader.say("problem_line", problem=problem.phrase[0].upper() + problem.phrase[1:], action=problem.action)
            for problem in verdict.problems
        ]
        st.markdown("\n".join(f"- {line}" for line in said) + f"\n\n{reader.say('runbook')}")
    if not found.is_built and not pd.isna(found.build["build_error"]):
        with st.expander(reader.say("build_error")):
            st.code(str(found.build["build_error"]), language=None, wrap_lines=True)


def _figures(reader: Reader, found: Health) -> None:
    say, language, now = reader.say, reader.language, reader.now
    scheduled = found.sources[found.sources["is_scheduled"]]
    overdue = sum(data.is_overdue(row, now) for row in found.sources.to_dict("records"))
    silent = int(found.stations["is_silent"].sum()) if len(found.stations) else 0
    failed = 0 if found.tests.empty else int(found.tests.loc[found.tests["is_failure"], "test_count"].sum())
    with st.container(horizontal=True, gap="small"):
        for label, value, note in (
            (
                "figure_build",
                data.outcome_words(language, found.build["build_outcome"]),
                formats.age(language, now - found.build["written_at"]),
            ),
            ("figure_sources", str(overdue), say("of_total", total=len(scheduled))),
            ("figure_places", str(silent), say("of_total", total=len(found.stations))),
            ("figure_tests", str(failed), say("of_total", total=found.test_count)),
        ):
            metric(say(label), value, note)


def _sources(reader: Reader, found: Health) -> None:
    st.header(reader.say("freshness_sources"), anchor=False)
    rows = data.source_rows(reader.language, found, reader.now)
    names = ("source", "state", "new_rows", "expected", "newest", "load", "places")
    headings = {name: (reader.say(f"column_{name}"), None) for name in names}
    table(reader, rows, headings, "sources", reader.say("freshness_sources"))


def _places(reader: Reader, found: Health) -> None:
    say, language = reader.say, reader.language
    st.header(say("freshness_places"), anchor=False)
    states = data.station_states(found, reader.now)
    if states.empty:
        address.forget("source")
        st.info(say("state_no_places"))
        return
    options = [ALL, *sorted(states["source"].unique())]
    if len(options) > 2:
        source = address.segments(
            say("column_source"),
            "source",
            options,
            ALL,
            lambda key: say("all_sources") if key == ALL else key,
            is_label_shown=False,
        )
        states = states[(states["source"] == source) | (source == ALL)].reset_index(drop=True)
    else:
        address.forget("source")
    counts = states["state"].value_counts()
    present = [state for state in data.STATES if state in counts]
    counted = " · ".join(say("state_count", state=say(f"state_{state}"), n=counts[state]) for state in present)
    st.markdown(counted)
    tooltips = [
        ("name", say("place_name")),
        ("source", say("column_source")),
        ("state", say("column_state")),
        ("tip_newest", say("newest_report")),
        ("tip_rhythm", say("usual_gap")),
    ]
    drawing = charts.tiles_chart(
        data.tiles(language, states, reader.now),
        [(state, say(f"state_{state}")) for state in present],
        tooltips,
        language,
    )
    about = About(
        place=say("freshness_places"),
        period=formats.moment(language, found.build["written_at"]),
        source="Isobar",
        file=exports.file_name("health"),
        published=found.build["written_at"],
    )
    description = f"{say('tiles_alt', n=len(states))} {counted.replace('**', '')}."
    shown(reader, about, say("tiles_title"), drawing, "tiles", alt=description)
    st.caption(say("tiles_note"))
    rows = states.assign(
        state=[say(f"state_{state}") for state in states["state"]],
        age=[formats.age(language, reader.now - at) for at in states["newest_observed_at"]],
        gap=[formats.number(language, hours, 1, "h") for hours in states["typical_gap_hours"]],
        silent_from=["–" if pd.isna(at) else formats.moment(language, at) for at in states["silent_after_at"]],
    )
    headings = {
        "location_name": (say("place_name"), None),
        "state": (say("column_state"), None),
        "age": (say("newest_report"), None),
        "gap": (say("usual_gap"), None),
        "silent_from": (say("silent_from"), None),
        "source": (say("column_source"), None),
        "location_id": (say("place_id"), None),
    }
    is_open = bool({"silent", "late"} & set(present))
    folded_table(reader, rows, headings, "places", say("table_places", n=len(rows)), is_open=is_open)


def _runs(reader: Reader, found: Health) -> None:
    if found.runs.empty:
        return
    say, language = reader.say, reader.language
    st.header(say("last_runs"), anchor=False)
    rows = found.runs.assign(
        started=[
            f"{formats.moment(language, at)} ({formats.age(language, reader.now - at)})"
            for at in found.runs["started_at"]
        ],
        words=[data.run_words(run) for run in found.runs.to_dict("records")],
        outcome=[data.outcome_words(language, outcome) for outcome in found.runs["outcome"]],
        error=found.runs["error"].fillna(""),
        seconds=[formats.number(language, seconds, 0) for seconds in found.runs["seconds"]],
        rows=[_count(language, value) for value in found.runs["appended_row_count"]],
        rejected=[_count(language, value) for value in found.runs["rejected_cell_count"]],
    )
    headings = {
        "started": (say("run_started"), None),
        "words": (say("run_command"), None),
        "outcome": (say("run_outcome"), None),
        "error": (say("run_error"), None),
        "seconds": (say("run_seconds"), None),
        "rows": (say("run_rows"), None),
        "rejected": (say("run_rejected"), None),
    }
    table(reader, rows, headings, "runs", say("last_runs"))


def _count(language: str, value: object) -> str:
    return "–" if pd.isna(value) else formats.number(language, float(str(value)), 0)


def _tests(reader: Reader, found: Health) -> None:
    say, language = reader.say, reader.language
    st.header(say("tests_title"), anchor=False)
    st.markdown(" ".join(data.test_sentences(language, found)))
    if found.findings.empty:
        return
    rows = found.findings.assign(
        outcome=[say("finding_failed" if failed else "finding_warned") for failed in found.findings["is_failure"]],
        model=found.findings["model_name"].fillna("–"),
        rows=[_count(language, value) for value in found.findings["failure_count"]],
        message=found.findings["message"].fillna(""),
    )
    headings = {
        "outcome": (say("finding_status"), None),
        "node_name": (say("finding"), None),
        "model": (say("finding_model"), None),
        "rows": (say("finding_rows"), None),
        "message": (say("finding_message"), None),
    }
    table(reader, rows, headings, "findings", say("tests_title"))


def _budgets(reader: Reader, found: Health) -> None:
    say, language = reader.say, reader.language
    st.header(say("budgets_title"), anchor=False)
    if found.budgets.empty:
        st.markdown(say("budgets_none"))
        return
    budgets = found.budgets
    rows = budgets.assign(
        key=budgets["api"] + " · " + budgets["key_hash"],
        period=[say(f"period_{period}") for period in budgets["period"]],
        used=budgets["call_count"] / budgets["call_limit"] * 100,
        left=[_count(language, value) for value in budgets["calls_left"]],
        limit=[_count(language, value) for value in budgets["call_limit"]],
    )
    st.dataframe(
        rows[["key", "period", "used", "left", "limit"]],
        hide_index=True,
        key="budgets",
        alt=say("budgets_title"),
        column_config={
            "key": say("budget_key"),
            "period": say("budget_period"),
            "used": st.column_config.ProgressColumn(say("budget_used"), format="%.0f %%", min_value=0, max_value=100),
            "left": say("budget_left"),
            "limit": say("budget_limit"),
        },
    )
    st.caption(say("budgets_counted", moment=formats.moment(language, budgets["counted_at"].max())))


def _report(reader: Reader, settings: Settings) -> None:
    """A page served from loopback cannot link to a file, so the report is handed over as one; it is read when asked for."""
    say = reader.say
    st.header(say("report_title"), anchor=False)
    report = data.newest_report(settings.reports)
    if report is None:
        st.markdown(say("report_none"))
        return
    day = report.stem.removeprefix("elementary-")
    st.download_button(
        say("report_download", day=day),
        report.read_bytes,
        file_name=report.name,
        mime="text/html",
        on_click="ignore",
        key="report",
    )
    st.caption(say("report_where", path=str(report)))


page_without_marts("health", draw)
