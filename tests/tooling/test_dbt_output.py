"""What dbt and its adapter print is not the answer of the command."""

from __future__ import annotations

import pytest
import yaml
from dbt.cli.main import dbtRunnerResult

from isobar.settings import PROJECT_ROOT
from isobar.warehouse import dbt


class PrintingRunner:
    """dbt-duckdb prints each exception that it does not retry."""

    def invoke(self, arguments: list[str]) -> dbtRunnerResult:
        return dbtRunnerResult(success=True, result=arguments)


def test_what_an_adapter_prints_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    done = dbt.invoke(PrintingRunner(), "build", "--vars", "{}")  # type: ignore[arg-type]
    assert done.result == [*dbt.QUIET, "build", "--vars", "{}"]
    assert capsys.readouterr() == ("", "")


def test_statements_are_not_retried() -> None:
    """The cursor that retries them prints what it does not retry, for users of plain dbt too."""
    profiles = yaml.safe_load((PROJECT_ROOT / "profiles.yml").read_text(encoding="utf-8"))
    assert "query_attempts" not in profiles["isobar"]["outputs"]["duckdb"]["retries"]
