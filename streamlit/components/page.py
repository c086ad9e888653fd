"""The frame that every page has: navigation, what the data is and how old, and a sentence for each state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from components import address, marts
from repository import Publication, Repository, RepositoryError
from services import formats
from services.conditions import OLD_AFTER, newest_observation
from services.sources import attribution
from services.translations import LANGUAGE_NAMES, text
from settings import Settings, SettingsError

PAGES = {"now": "pages/now.py", "place": "pages/place.py"}

# Streamlit leaves room for a toolbar that is hidden here, and lets metrics cut their text with an ellipsis.
STYLE = """<style>
.stMainBlockContainer {padding-top: 1.25rem; padding-bottom: 2rem; max-width: 1280px;}
[data-testid="stHeader"] {background: transparent; height: 0;}
[data-testid="stMetricLabel"] p, [data-testid="stMetricValue"] > div {white-space: normal; overflow: visible;}
@media (max-width: 640px) {.stMainBlockContainer {padding-left: 1rem; padding-right: 1rem;} h1 {font-size: 1.6rem !important;}}
</style>"""


@dataclass(frozen=True)
class Context:
    """What a page needs to draw itself."""

    language: str
    now: datetime
    repository: Repository
    publication: Publication
    conditions: pd.DataFrame

    def say(self, key: str, **values: Any) -> str:
        """A sentence in the reader's language."""
        return text(self.language, key, **values)


def navigation() -> Any:
    """The pages by name and address. The frame draws the links, because Streamlit's own lose the language."""
    say = partial(text, address.language())
    return st.navigation(
        [st.Page(path, title=say(f"page_{key}"), url_path=key, default=key == "now") for key, path in PAGES.items()],
        position="hidden",
    )


def page(key: str, body: Callable[[Context], None]) -> None:
    """Draw the frame of page `key` and `body` in it; whatever the marts' state, a sentence and never a traceback."""
    language = address.language()
    say = partial(text, language)
    st.set_page_config(page_title=f"Isobar · {say(f'page_{key}')}", page_icon="🌦️", layout="wide")
    st.html(STYLE)
    _head(key, language)
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        st.error(say("state_settings", detail=str(error)))
        return
    try:
        repository, publication = marts.open_marts(settings)
    except RepositoryError as error:
        _state(error, language)
        return
    try:
        conditions = marts.latest_conditions(repository, publication.publication_id)
        context = Context(language, settings.now(), repository, publication, conditions)
        _provenance(context)
        if conditions.empty:
            st.info(say("state_empty"))
        else:
            body(context)
        st.caption(say("footer", version=publication.isobar_version, publication=publication.publication_id))
    except RepositoryError as error:
        if not repository.is_current():
            st.rerun()  # replaced while it was read: once more, with the new one
        _state(error, language)


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
    is_real = publication.warehouse_kind != "simulated"
    parts = [say("published", age=formats.age(language, context.now - publication.published_at))]
    if not context.conditions.empty:
        newest = newest_observation(context.conditions)
        elapsed = context.now - newest
        parts.insert(0, say("newest", age=formats.age(language, elapsed), moment=formats.moment(language, newest)))
        sources = context.conditions["source"].unique()
        parts.append(say("source", source=attribution(language, sources, publication.warehouse_kind)))
    parts += [say("units"), say("time_zone")]
    badge = ":green-badge[:material/sensors: {}]" if is_real else ":orange-badge[:material/science: {}]"
    st.markdown(
        f"{badge.format(say('badge_real' if is_real else 'badge_simulated'))} :small[:gray[{' · '.join(parts)}]]"
    )
    if not is_real:
        st.warning(say("banner_simulated"))
    if not context.conditions.empty and elapsed > OLD_AFTER:
        st.info(say("old_data", age=formats.age(language, elapsed)))


def _state(error: RepositoryError, language: str) -> None:
    st.warning(text(language, error.reason))
    if error.detail:
        st.caption(f"`{error.detail}`")
