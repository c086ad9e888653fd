"""The frame that every page has: navigation, what the data is and how old, and a sentence for each state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from repository import Publication, Replaced, Repository, RepositoryError
from settings import Settings, SettingsError
from shared import address, formats, marts
from shared.conditions import OLD_AFTER, latest_conditions, newest_observation
from shared.sources import Sources
from shared.sources import sources as sources_of
from shared.translations import LANGUAGE_NAMES, text

PAGES = {key: f"{key}/page.py" for key in ("now", "place", "climate", "forecasts", "decide", "health")}
"""key, which is also the address: the script, as Streamlit names it."""

P = ParamSpec("P")
Answer = TypeVar("Answer")

# Streamlit leaves room for a toolbar that is hidden here, and cuts the text of metrics and of links where the line ends;
# its captions have a contrast of 4.2 to 1, below the 4.5 that WCAG 2 asks of small text.
STYLE = """<style>
.stMainBlockContainer {padding-top: 1.25rem; padding-bottom: 2rem; max-width: 1280px;}
[data-testid="stHeader"] {background: transparent; height: 0;}
[data-testid="stMetricLabel"] p, [data-testid="stMetricValue"] > div {white-space: normal; overflow: visible;}
[data-testid="stCaptionContainer"] {opacity: 0.75;}
[data-testid="stPageLink-NavLink"], [data-testid="stPageLink-NavLink"] * {white-space: normal; overflow: visible;}
@media (max-width: 640px) {.stMainBlockContainer {padding-left: 1rem; padding-right: 1rem;} h1 {font-size: 1.6rem !important;}}
</style>"""


@dataclass(frozen=True)
class Reader:
    """Who looks, and when."""

    language: str
    now: datetime

    def say(self, key: str, **values: Any) -> str:
        """A sentence in the reader's language."""
        return text(self.language, key, **values)


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


def navigation() -> Any:
    """The pages by name and address. The frame draws the links, because Streamlit's own lose the language."""
    say = partial(text, address.language())
    return st.navigation(
        [st.Page(path, title=say(f"page_{key}"), url_path=key, default=key == "now") for key, path in PAGES.items()],
        position="hidden",
    )


def page(key: str, body: Callable[[Context], None], *, needs_conditions: bool = False) -> None:
    """Draw the frame of page `key` and `body` in it; whatever the marts' state, a sentence and never a traceback.

    A page that `needs_conditions` is not drawn where nobody has reported: a publication may hold monthly figures alone.
    """
    language = address.language()
    say = partial(text, language)
    settings = _begin(key, language)
    if settings is None:
        return
    try:
        repository, publication = marts.open_marts(settings)
    except RepositoryError as error:
        _state(error, language)
        return
    try:
        conditions = marts.ask(repository, publication.publication_id, latest_conditions)
        sources = marts.ask(repository, publication.publication_id, sources_of, publication.warehouse_kind)
        context = Context(language, settings.now(), repository, publication, conditions, sources)
        _provenance(context)
        if needs_conditions and conditions.empty:
            st.info(say("state_empty"))
        else:
            body(context)
        st.caption(say("footer", version=publication.isobar_version, publication=publication.publication_id))
    except RepositoryError as error:
        if not repository.is_current():
            st.rerun()  # replaced while it was read: once more, with the new one
        _state(error, language)


def page_without_marts(key: str, body: Callable[[Reader, Settings], None]) -> None:
    """Draw the frame of a page that needs no published marts: `body` opens what it needs, and says what it is of."""
    language = address.language()
    settings = _begin(key, language)
    if settings is None:
        return
    try:
        body(Reader(language, settings.now()), settings)
    except Replaced:
        st.rerun()  # while it was read: once more, with the new one
    except RepositoryError as error:
        _state(error, language)


def _begin(key: str, language: str) -> Settings | None:
    """The top of every page; None, and a sentence, where a setting cannot be used."""
    say = partial(text, language)
    st.set_page_config(page_title=f"Isobar · {say(f'page_{key}')}", page_icon="🌦️", layout="wide")
    st.html(STYLE)
    _head(key, language)
    try:
        return Settings.from_environment()
    except SettingsError as error:
        st.error(say("state_settings", detail=str(error)))
        return None


def _head(key: str, language: str) -> None:
    say = partial(text, language)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.markdown("**Isobar**", width="content")
            for other, path in PAGES.items():
                label = say(f"page_{other}")
                st.page_link(
                    path,
                    label=f"**:primary[{label}]**" if other == key else label,
                    query_params={"lang": language},
                )
        address.language_choice(say("language"), LANGUAGE_NAMES.__getitem__)
    st.title(say(f"title_{key}"), anchor=False)


def _provenance(context: Context) -> None:
    """Real or simulated, how old, from whom, in which units and time."""
    say, language, publication = context.say, context.language, context.publication
    parts = [say("published", age=formats.age(language, context.now - publication.published_at))]
    if not context.conditions.empty:
        newest = newest_observation(context.conditions)
        elapsed = context.now - newest
        parts.insert(0, say("newest", age=formats.age(language, elapsed), moment=formats.moment(language, newest)))
        parts.append(say("source", source=context.sources.attribution(language, context.conditions["source"])))
    provenance(context, publication.warehouse_kind, [*parts, say("units"), say("time_zone")])
    if not context.conditions.empty and elapsed > OLD_AFTER:
        st.info(say("old_data", age=formats.age(language, elapsed)))


def provenance(reader: Reader, warehouse_kind: str, parts: list[str]) -> None:
    """Real or simulated, beside what else is to be known of the data."""
    is_real = warehouse_kind != "simulated"
    badge = ":green-badge[:material/sensors: {}]" if is_real else ":orange-badge[:material/science: {}]"
    name = reader.say("badge_real" if is_real else "badge_simulated")
    st.markdown(f"{badge.format(name)} :small[:gray[{' · '.join(parts)}]]")
    if not is_real:
        st.warning(reader.say("banner_simulated"))


def _state(error: RepositoryError, language: str) -> None:
    st.warning(text(language, error.reason))
    if error.detail:
        st.caption(f"`{error.detail}`")
