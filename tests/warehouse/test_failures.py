"""What a failed build says: the model, the rule, how many rows, one of them and its file; and what it says before it builds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from isobar.warehouse import dbt, failures


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("{% if true %}", "dim_weather_conditions"),
        ("{{ exceptions.raise_compiler_error('\x1b[31mnot\x1b[0m so') if execute }}", "not so"),
        (") select", "syntax error"),
        ("where no_such_column = 1", "no_such_column"),
    ],
    ids=["Jinja that does not end", "what only compiling finds", "no SQL", "no such column"],
)
def test_what_does_not_compile_is_said_before_anything_is_built(house, project, monkeypatch, broken, said):
    def build(*_: object, **__: object) -> None:
        raise AssertionError("a build was begun")

    monkeypatch.setattr(dbt, "build", build)
    # the second selects from another model alone: it can be held against the warehouse
    name = "fct_pipeline_tests" if said == "no_such_column" else "dim_weather_conditions"
    model = next(project.rglob(f"{name}.sql"))
    with model.open("a") as out:
        out.write(f"\n{broken}\n")
    with pytest.raises(dbt.BuildError) as failed:
        house.build()
    assert said in str(failed.value) and model.stem in str(failed.value) and "\x1b" not in str(failed.value)
    assert "\n" not in str(failed.value)


def test_many_failures_are_the_first_few_and_a_count():
    one = failures.Failure(
        "test",
        "unique_key_x",
        "fct_x",
        "unique_key(a, b)",
        1234,
        "Got 1234 results",
        "models/x.yml",
        {"a": "1"},
        "x.csv",
        7,
    )
    assert str(one) == (
        "test unique_key_x: rule unique_key(a, b) of fct_x does not hold for 1,234 rows, such as a=1 (from x.csv, row 7)"
    )
    many = [replace(one, name=f"test_{number}", example={}, file=None) for number in range(5)]
    assert failures.summarised(many).count("does not hold") == failures.SHOWN
    assert failures.summarised(many).endswith("; and 2 more")
    model = failures.Failure("model", "fct_x", "fct_x", None, None, "Runtime Error: no", "models/fct_x.sql")
    assert str(model) == "model fct_x (models/fct_x.sql): Runtime Error: no"


def test_a_message_is_one_line_without_colours():
    assert failures.one_line("\x1b[31mactual\x1b[0m\n\tdiffers:\x07 1\r\n") == "actual differs: 1"
    assert failures.one_line(None) == "no reason given"
