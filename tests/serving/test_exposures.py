"""Exposures name the marts that outlets take and dashboards read: what a change of theirs would reach."""

from __future__ import annotations

import re

import pytest
import yaml

from isobar.settings import PROJECT_ROOT
from serving.outlets.opening import OUTLETS
from serving.outlets.published import Mart
from tools import dashboards, powerbi

DBT = PROJECT_ROOT / "dbt_project" / "models"


def exposed(name: str) -> set[str]:
    """The marts that an exposure depends on."""
    declared = yaml.safe_load((DBT / "semantic" / "_semantic__exposures.yml").read_text(encoding="utf-8"))["exposures"]
    (found,) = (each for each in declared if each["name"] == name)
    return {re.fullmatch(r"ref\('(\w+)'\)", ref)[1] for ref in found["depends_on"]}


def public_marts() -> set[str]:
    """Those that marts.duckdb has; those of health are in a file of their own."""
    described = (path for path in (DBT / "marts").rglob("*.yml") if path.parent.name != "health")
    models = (each for path in described for each in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []))
    return {each["name"] for each in models if each.get("config", {}).get("access", "public") == "public"}


@pytest.mark.parametrize("scheme", OUTLETS)
def test_an_outlet_takes_the_marts_of_its_exposure(scheme: str) -> None:
    database = "0" if scheme == "redis" else "weather_dw"  # Redis counts its databases
    outlet = OUTLETS[scheme](f"{scheme}://isobar@127.0.0.1/{database}", "unused")
    taken = {name for name in public_marts() if outlet.takes(Mart(name, "", None, (), ()))}
    assert taken == exposed(f"outlet_{scheme}")


def test_dashboards_read_the_marts_of_their_exposures() -> None:
    asked = "".join(dashboards.files().values())
    assert set(re.findall(r"\bgold\.((?!isobar_)\w+)", asked)) == exposed("grafana")
    assert set(powerbi.TABLES) == exposed("powerbi")
