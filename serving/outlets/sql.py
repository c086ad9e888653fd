"""What outlets in SQL share: names and texts as standard SQL quotes them."""

from __future__ import annotations

from serving.outlets.published import Column

BOOKS = "isobar"
"""The tables that say what a store has received begin with it."""


def name(identifier: str) -> str:
    """An identifier, quoted."""
    return '"{}"'.format(identifier.replace('"', '""'))


def text(value: str) -> str:
    """A text in one line, quoted."""
    return "'{}'".format(" ".join(value.split()).replace("'", "''"))


def described(column: Column) -> str:
    """What a column is; of a time, that it is UTC."""
    return (
        f"{column.description} UTC."
        if column.data_type == "TIMESTAMP" and "UTC" not in column.description
        else column.description
    )
