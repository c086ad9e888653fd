"""Write docs/data_dictionary.md: every published mart and its columns, as the dbt project describes them (`make docs`)."""

from __future__ import annotations

from itertools import groupby

from isobar.settings import PROJECT_ROOT, Settings
from isobar.warehouse.dbt import Project, PublicModel, project_environment
from isobar.warehouse.models import BUILD_COLUMN

DICTIONARY = PROJECT_ROOT / "docs" / "data_dictionary.md"

HEADER = """\
# Data dictionary

Every published mart by subject, with its grain and its columns. Units end column names (`_c`, `_hpa`, `_ms` …); times are UTC.
What the figures mean and how they are misread: [numbers.md](numbers.md), in French [nombres.md](nombres.md).

<!-- Written by `make docs` from dbt_project/models; do not edit. -->
"""


def rendered(models: list[PublicModel]) -> str:
    """The dictionary as Markdown: a chapter a subject, a table a mart, its columns in their order in the mart."""
    lines = [HEADER]
    ordered = sorted(models, key=lambda model: (model.subject, model.name))
    for subject, members in groupby(ordered, key=lambda model: model.subject):
        lines += [f"## {subject.replace('_', ' ').capitalize()}", ""]
        for model in members:
            lines += [f"### `{model.name}`", "", _cell(model.description), ""]
            lines += ["| column | type | description |", "|---|---|---|"]
            lines += [
                f"| `{column.name}` | {column.data_type} | {_cell(column.description)} |"
                for column in model.columns
                if column.name != BUILD_COLUMN
            ]
            lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text on one line, fit for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Parse the project and write the dictionary."""
    settings = Settings.from_environment()
    with project_environment(settings):
        DICTIONARY.write_text(rendered(Project(settings).public_models()), encoding="utf-8")


if __name__ == "__main__":
    main()
