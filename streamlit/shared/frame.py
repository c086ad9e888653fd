"""The frame that every page has: navigation, what the data is and how old, and a sentence for each state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from repository import Publication, Replaced, Repository, RepositoryError
from settings import Settings, SettingsError
from shared import address, formats, marts, places, printing, words
from shared.conditions import latest_conditions, newest_observation
from shared.sources import Sources
from shared.sources import sources as sources_of
from shared.translations import LANGUAGE_NAMES, text
from shared.units import WIND_UNITS, ZONES, WindUnit, zone_named

PAGES = {key: f"{key}/page.py" for key in ("now", "place", "climate", "forecasts", "decide", "health")}
"""key, which is also the address: the script, as Streamlit names it."""

PICTURES = (Path(__file__).resolve().parents[1] / "assets" / "pictures.js").read_text("utf-8")
"""Gives charts as files: `shared/pictures.py`."""

P = ParamSpec("P")
Answer = TypeVar("Answer")

# Streamlit leaves room for a toolbar that is hidden here, and cuts the text of metrics and of links where the line ends;
# its captions have a contrast of 4.2 to 1, below the 4.5 that WCAG 2 asks of small text.
STYLE = """<style>
.stMainBlockContainer {padding-top: 1.25rem; padding-bottom: 2rem; max-width: 1280px;}
[data-testid="stHeader"] {background: transparent; height: 0;}
[data-testid="stLayoutWrapper"]:has(> .st-key-unseen) {display: none;}
[data-testid="stMetricLabel"] p, [data-testid="stMetricValue"] > div {white-space: normal; overflow: visible;}
[data-testid="stCaptionContainer"] {opacity: 0.75;}
[data-testid="stPageLink-NavLink"], [data-testid="stPageLink-NavLink"] * {white-space: normal; overflow: visible;}
.stMainBlockContainer h1 {font-size: 2rem; padding: 0.25rem 0;}
.stMainBlockContainer h2 {font-size: 1.4rem; padding: 0.5rem 0 0.25rem;}
a:focus-visible, button:focus-visible, summary:focus-visible, [role="radio"]:focus-visible, [tabindex]:focus-visible {
  outline: 3px solid #1f6f8b !important; outline-offset: 2px !important;}
[data-testid="stElementToolbarButtonContainer"]:has([aria-label="Download as PNG"]) {display: none;}
button[data-picture] {background: none; border: 0; color: inherit; cursor: pointer; font: inherit; font-size: 0.85rem;
  min-height: 24px; padding: 0.1rem 0.4rem; text-decoration: underline;}
@media (prefers-color-scheme: dark) {[data-testid="stMultiSelect"] span[title] {color: #10181f;}}
@media (max-width: 640px) {
  .stMainBlockContainer {padding: 0.5rem 1rem 2rem;}
  .stMainBlockContainer > [data-testid="stVerticalBlock"] {gap: 0.6rem;}
  .stMainBlockContainer h1 {font-size: 1.4rem !important;}
  .st-key-name {display: none;}
  .st-key-pages {gap: 0.15rem !important;}
  .st-key-pages [data-testid="stPageLink-NavLink"] {padding: 0.1rem 0.3rem;}
  .st-key-pages [data-testid="stPageLink-NavLink"] p {font-size: 0.8rem;}
  .st-key-preferences button {min-height: 1.9rem; padding: 0.1rem 0.6rem;}
}
</style>"""

# A page that completes its address with what it shows takes no step in the browser's history: only a choice is one.
SCRIPT = """<script>
document.documentElement.lang = "{language}";
document.documentElement.dataset.page = "{page}";
if (!window.isobarPushes) {{
  window.isobarPushes = history.pushState.bind(history);
  history.pushState = (state, title, url) => {{
    const before = new URL(location.href), after = new URL(url, location.href);
    const kept = [...before.searchParams].every(([name, value]) => after.searchParams.get(name) === value);
    if (kept && before.pathname === after.pathname) history.replaceState(state, title, url);
    else window.isobarPushes(state, title, url);
  }};
}}
</script>"""


class Heading:
    """The title at the top of the page and in the browser's tab: what the page names, else the page's own name."""

    def __init__(self, default: str) -> None:
        self._slot = st.container()  # keeps the title of the run before until there is another
        self._default = default
        self._is_named = False

    def name(self, sentence: str) -> None:
        self._is_named = True
        self._slot.title(sentence, anchor=False)
        st.set_page_config(page_title=f"{sentence} · Isobar")

    def finish(self) -> None:
        if not self._is_named:
            self.name(self._default)


@dataclass(frozen=True)
class Reader:
    """Who looks, when, in which language, unit of wind and zone of times."""

    language: str
    now: datetime
    wind: WindUnit
    has_local_times: bool
    heading: Heading

    def say(self, key: str, **values: Any) -> str:
        """A sentence in the reader's language."""
        return text(self.language, key, **values)

    def zone(self, timezone: str | None) -> tzinfo:
        """The zone in which the reader sees the times of a place: its own, by its IANA name, or UTC."""
        return zone_named(timezone if self.has_local_times else None)

    def speed(self, speed_ms: float | None) -> str:
        """`18 km/h`, in the reader's unit."""
        return formats.speed(self.language, speed_ms, self.wind)

    def blowing(self, speed_ms: float | None, degrees: float | None) -> str:
        """`18 km/h from SW`."""
        return formats.wind(self.language, speed_ms, degrees, self.wind)


@dataclass(frozen=True)
class Context(Reader):
    """What a page of the published marts needs to draw itself."""

    repository: Repository
    publication: Publication
    conditions: pd.DataFrame
    sources: Sources

    def ask(
        self, question: Callable[Concatenate[Repository, P], Answer], *arguments: P.args, **options: P.kwargs
    ) -> Answer:
        """The answer of the publication, asked once for all readers: `context.ask(Repository.climate_months, place, source)`."""
        return marts.ask(self.repository, self.publication.publication_id, question, *arguments, **options)

    def zone_of(self, location_id: str) -> tzinfo:
        """The zone in which the reader sees the times of this place."""
        return self.zone(self.ask(places.timezones).get(location_id))


def navigation() -> Any:
    """The pages by name and address. The frame draws the links, because Streamlit's own lose the language."""
    address.begin()
    say = partial(text, address.language())
    return st.navigation(
        [st.Page(path, title=say(f"page_{key}"), url_path=key, default=key == "now") for key, path in PAGES.items()],
        position="hidden",
    )


def page(key: str, body: Callable[[Context], None], *, needs_conditions: bool = False) -> None:
    """Draw the frame of page `key` and `body` in it; whatever the marts' state, a sentence and never a traceback.

    A page that `needs_conditions` is not drawn where nobody has reported: a publication may hold monthly figures alone.
    """
    reader, settings = _begin(key)
    if settings is not None:
        _body(reader, settings, body, needs_conditions=needs_conditions)
    _end(reader)


def _body(reader: Reader, settings: Settings, body: Callable[[Context], None], *, needs_conditions: bool) -> None:
    try:
        repository, publication = marts.open_marts(settings)
    except RepositoryError as error:
        _state(error, reader.language)
        return
    try:
        conditions = marts.ask(repository, publication.publication_id, latest_conditions)
        sources = marts.ask(repository, publication.publication_id, sources_of, publication.warehouse_kind)
        context = Context(
            **vars(reader), repository=repository, publication=publication, conditions=conditions, sources=sources
        )
        simulated(context, publication.warehouse_kind)
        if needs_conditions and conditions.empty:
            st.info(context.say("state_empty"))
        else:
            body(context)
        _footer(context)
    except RepositoryError as error:
        if not repository.is_current():
            st.rerun()  # replaced while it was read: once more, with the new one
        _state(error, reader.language)


def page_without_marts(key: str, body: Callable[[Reader, Settings], None]) -> None:
    """Draw the frame of a page that needs no published marts: `body` opens what it needs, and says what it is of."""
    reader, settings = _begin(key)
    if settings is not None:
        try:
            body(reader, settings)
        except Replaced:
            st.rerun()  # while it was read: once more, with the new one
        except RepositoryError as error:
            _state(error, reader.language)
    _end(reader)


def _begin(key: str) -> tuple[Reader, Settings | None]:
    """The top of every page; no settings, and a sentence, where one cannot be used."""
    language, wind, zone = address.language(), address.one_of("wind", WIND_UNITS), address.one_of("zone", ZONES)
    address.put("lang", language)
    say = partial(text, language)
    st.set_page_config(page_title=f"Isobar · {say(f'page_{key}')}", page_icon="🌦️", layout="wide")
    with st.container(key="unseen"):
        st.html(STYLE)
        printing.on_paper()
        st.html(SCRIPT.format(language=language, page=key), unsafe_allow_javascript=True)
        st.html(f"<script>{PICTURES}</script>", unsafe_allow_javascript=True)
        words.translate(language)
    _head(key, language)
    heading = Heading(say(f"title_{key}"))
    if unknown := address.unknown():
        st.info(say("state_unknown_parameters", names=", ".join(f"`{name}`" for name in unknown)))
    settings = None
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        st.error(say("state_settings", detail=str(error)))
    now = (settings or Settings()).now()
    return Reader(language, now, WIND_UNITS[wind], zone == ZONES[0], heading), settings


def _end(reader: Reader) -> None:
    reader.heading.finish()
    address.finish()


def _head(key: str, language: str) -> None:
    say = partial(text, language)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small", key="pages"):
            st.container(key="name", width="content").markdown("**Isobar**", width="content")
            for other, path in PAGES.items():
                label = say(f"page_{other}")
                st.page_link(
                    path, label=f"**:primary[{label}]**" if other == key else label, query_params=address.kept()
                )
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", gap="small", key="preferences"
        ):
            with st.popover(say("units_choice")):
                address.segments(
                    say("wind_choice"),
                    "wind",
                    list(WIND_UNITS),
                    next(iter(WIND_UNITS)),
                    lambda unit: WIND_UNITS[unit].symbol,
                )
                address.segments(say("zone_choice"), "zone", ZONES, ZONES[0], lambda zone: say(f"zone_{zone}"))
            address.segments(
                say("language"),
                "lang",
                list(LANGUAGE_NAMES),
                language,
                LANGUAGE_NAMES.__getitem__,
                is_label_shown=False,
            )


def simulated(reader: Reader, warehouse_kind: str) -> None:
    """That figures are simulated, at the top, so that a picture of the page says it too."""
    if warehouse_kind == "simulated":
        st.markdown(
            f":orange-badge[:material/science: {reader.say('badge_simulated')}] :small[{reader.say('banner_simulated')}]"
        )


def _footer(context: Context) -> None:
    """Real or simulated, how old, in which units and time, and which publication it is."""
    say, language, publication = context.say, context.language, context.publication
    parts = [say("published", age=formats.age(language, context.now - publication.published_at))]
    if not context.conditions.empty:
        newest = newest_observation(context.conditions)
        source = context.sources.attribution(language, context.conditions["source"])
        age = formats.age(language, context.now - newest)
        parts.insert(0, say("newest", age=age, moment=formats.moment(language, newest), source=source))
    st.divider()
    provenance(context, publication.warehouse_kind, parts)
    st.caption(say("footer", version=publication.isobar_version, publication=publication.publication_id))


def provenance(reader: Reader, warehouse_kind: str, parts: list[str]) -> None:
    """Real or simulated, beside what else is to be known of the data, and the reader's units."""
    is_real = warehouse_kind != "simulated"
    badge = ":green-badge[:material/sensors: {}]" if is_real else ":orange-badge[:material/science: {}]"
    name = reader.say("badge_real" if is_real else "badge_simulated")
    units = [
        reader.say("units", wind=reader.wind.symbol),
        reader.say("times_local" if reader.has_local_times else "times_utc"),
    ]
    st.markdown(f"{badge.format(name)} :small[:gray[{' · '.join([*parts, *units])}]]")


def _state(error: RepositoryError, language: str) -> None:
    st.warning(text(language, error.reason))
    if error.detail:
        st.caption(f"`{error.detail}`")
