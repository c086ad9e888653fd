"""Carry the data folder from run to run, and notice when it was lost, is old or damaged."""

from __future__ import annotations

from isobar.runs import logs
from isobar.runs.lock import writing
from isobar.settings import Settings
from isobar.upkeep import state
from isobar.upkeep.state import Seal


def seal(settings: Settings) -> Seal | None:
    """Number the data folder as a run left it: state.json, whose copy elsewhere is the witness of the next check.

    None when the lake is in a bucket, which needs no seal.

    Raises:
        LockedError: another command writes into the data folder.
    """
    with writing(settings):
        made = state.seal(settings)
    if made:
        logs.event("state_sealed", generation=made.generation)
    return made


def check(settings: Settings, witness: str | None = None, *, begin: bool = False) -> str:
    """One line about the data folder that the last run left. `witness` is the seal kept elsewhere; `begin` takes what is here.

    Raises:
        StateError: it is not the folder that the last run left.
        LockedError: another command writes into the data folder.
    """
    with writing(settings):
        line = state.check(settings, witness, begin=begin)
    logs.event("state_checked", outcome=line)
    return line
