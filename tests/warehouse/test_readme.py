"""README's example of reading the marts, as printed, in a checkout where `make run` has been."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from isobar.settings import PROJECT_ROOT


def test_the_example_works_as_printed_and_has_a_row_a_day(built, tmp_path, monkeypatch):
    text = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = [found for found in re.findall(r"```python\n(.+?)```", text, re.DOTALL) if "marts.duckdb" in found]
    (tmp_path / "data").mkdir()
    Path(tmp_path / "data" / "demo").symlink_to(built)
    monkeypatch.chdir(tmp_path)
    *statements, last = ast.parse(block).body
    assert isinstance(last, ast.Expr)
    names: dict[str, object] = {}
    exec(compile(ast.Module(statements, []), "README.md", "exec"), names)  # noqa: S102 - the project's own example
    days = eval(compile(ast.Expression(last.value), "README.md", "eval"), names)  # noqa: S307
    assert len(days) >= 5 and days["weather_date"].is_unique and days["temperature_max_c"].notna().any()
    assert "source = " in block  # several sources may report a place and day
