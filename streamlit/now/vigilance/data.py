"""What Météo-France's vigilance says at a time, by department and phenomenon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from now.vigilance import departments
from repository import Repository

GREEN, YELLOW, ORANGE, RED = 1, 2, 3, 4
"""The numbers that Météo-France gives its colours."""
LEVELS = (RED, ORANGE, YELLOW, GREEN)
COLOURS = {GREEN: "#cfe6c3", YELLOW: "#ffe34d", ORANGE: "#ef7d00", RED: "#9e1022"}
"""Météo-France's hues, chosen so that each is darker than the one before: told apart without seeing hue. A letter says it too."""
INK = {GREEN: "#1b2733", YELLOW: "#1b2733", ORANGE: "#1b2733", RED: "#ffffff"}
ALL = "all"


@dataclass(frozen=True)
class Situation:
    """What is in force at a time (UTC). `rows`: department_code, phenomenon_id, its two names, colour_number, valid_from_at,
    valid_to_at; a coast's colour counts for its department. `ahead`: the same of what begins later and is not green.
    `updated_at` is that of the newest map, `known_until` the last time of which it says something; both None where there
    never was a map."""

    rows: pd.DataFrame
    ahead: pd.DataFrame
    updated_at: datetime | None
    known_until: datetime | None

    def phenomena(self, language: str) -> dict[str, str]:
        """id: name, of those that the maps tell of."""
        known = self.rows.drop_duplicates("phenomenon_id").sort_values("phenomenon_id")
        return dict(zip(known["phenomenon_id"], known[f"phenomenon_name_{language}"], strict=True))

    def of(self, phenomenon: str) -> Situation:
        """The same for one phenomenon, or for all."""
        if phenomenon == ALL:
            return self
        rows, ahead = (frame[frame["phenomenon_id"] == phenomenon] for frame in (self.rows, self.ahead))
        return Situation(rows, ahead, self.updated_at, self.known_until)

    def by_department(self) -> pd.DataFrame:
        """The highest colour of each department: department_code, colour_number."""
        return self.rows.groupby("department_code", as_index=False)["colour_number"].max()


def warnings(rows: pd.DataFrame, language: str) -> pd.DataFrame:
    """What is not green among a situation's rows, the worst first, a line for each colour, phenomenon and stretch of time:
    colour_number, phenomenon, valid_from_at, valid_to_at, departments (their names)."""
    raised = rows[rows["colour_number"] > GREEN]
    raised = raised.assign(
        phenomenon=raised[f"phenomenon_name_{language}"],
        department=[f"{departments.name(code)} ({code})" for code in raised["department_code"]],
    )
    stretch = ["colour_number", "phenomenon", "valid_from_at", "valid_to_at"]
    # A department and its coast may say the same.
    grouped = raised.drop_duplicates([*stretch, "department"]).groupby(stretch, as_index=False)
    lines = grouped.agg(departments=("department", ", ".join))
    return lines.sort_values(
        ["colour_number", "valid_from_at", "phenomenon"], ascending=[False, True, True], ignore_index=True
    )


def situation(repository: Repository, moment: datetime) -> Situation:
    """What the maps say of `moment`."""
    reach = repository.vigilance_reach().iloc[0]
    rows = repository.vigilance(moment)
    is_ahead = rows["valid_from_at"] > moment
    return Situation(
        rows[~is_ahead],
        rows[is_ahead],
        None if pd.isna(reach["updated_at"]) else reach["updated_at"].to_pydatetime(),
        None if pd.isna(reach["valid_to_at"]) else reach["valid_to_at"].to_pydatetime(),
    )


def tiles(found: Situation) -> pd.DataFrame:
    """Every department of metropolitan France: department_code, name, column, row, colour_number (null where no map tells)."""
    frame = pd.DataFrame(
        [
            {"department_code": code, "name": departments.name(code), "column": column, "row": row}
            for code, (column, row) in departments.POSITIONS.items()
        ]
    )
    return frame.merge(found.by_department(), on="department_code", how="left")
