"""The formulas of `macros/formulas/` against independent implementations, at points nobody chose.

The macros are rendered by plain Jinja, without dbt: what they needed of the project would be undefined here, so that another
project can install them.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import jinja2
import metpy.calc as metpy
import numpy as np
import pytest
import thermofeel
from metpy.units import units

POINTS = 10_000
ZERO_C = 273.15

Formula = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def macros(project_root: Path) -> object:
    files = sorted((project_root / "dbt_project" / "macros" / "formulas").glob("*.sql"))
    assert files
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text).module  # noqa: S701 - SQL


@pytest.fixture
def formula(macros: object, weather: dict[str, np.ndarray]) -> Formula:
    """`formula("dew_point_c", "t", "rh")`: the macro over columns of `weather`, null as NaN."""

    def computed(name: str, *arguments: object) -> np.ndarray:
        sql = getattr(macros, name)(*map(str, arguments))
        with duckdb.connect() as connection:
            connection.register("weather", {key: np.asarray(values) for key, values in weather.items()})
            found = connection.execute(f"select cast({sql} as double) as value from weather").fetchnumpy()["value"]
        return np.ma.filled(found, np.nan)

    return computed


@pytest.fixture(scope="module")
def weather() -> dict[str, np.ndarray]:
    """Ten thousand states of the air, as dry, hot, cold and windy as reports are."""
    random = np.random.default_rng(20261121)
    t = random.uniform(-45, 50, POINTS)
    rh = random.uniform(1, 100, POINTS)
    return {
        "t": t,
        "rh": rh,
        "td": t - random.uniform(0, 40, POINTS),
        "wind": random.uniform(0, 40, POINTS),
        "tn": t - random.uniform(0, 15, POINTS),
        "p": random.uniform(880, 1050, POINTS),
        "z": random.uniform(-10, 750, POINTS),
    }


def test_heat_index(formula, weather):
    """Where the regression holds all three agree; near 80 degF the libraries switch to it elsewhere than the Service does."""
    t, rh = weather["t"], weather["rh"]
    ours = formula("heat_index_c", "t", "rh")
    assert (np.isnan(ours) == (t < 26.7)).all()
    fahrenheit = t * 1.8 + 32
    simple = 0.5 * (fahrenheit + 61 + (fahrenheit - 68) * 1.2 + rh * 0.094)
    regressed = (t >= 26.7) & ((simple + fahrenheit) / 2 >= 80)
    assert regressed.sum() > 2000
    theirs = metpy.heat_index(t * units.degC, rh * units.percent, mask_undefined=False).to("degC").magnitude
    np.testing.assert_allclose(ours[regressed], theirs[regressed], atol=1e-9)
    ecmwf = thermofeel.calculate_heat_index_adjusted(t + ZERO_C, _dew_point(t, rh) + ZERO_C) - ZERO_C
    # it takes a dew point and has its own vapour pressure: a tenth of a per cent of humidity
    np.testing.assert_allclose(ours[regressed], ecmwf[regressed], atol=0.6, rtol=0.01)
    rest = (t >= 26.7) & ~regressed
    np.testing.assert_allclose(ours[rest], ((simple - 32) / 1.8)[rest], atol=1e-9)


def _dew_point(t: np.ndarray, rh: np.ndarray) -> np.ndarray:
    return metpy.dewpoint_from_relative_humidity(t * units.degC, rh * units.percent).to("degC").magnitude


def test_wind_chill(formula, weather):
    t, wind = weather["t"], weather["wind"]
    ours = formula("wind_chill_c", "t", "wind")
    defined = (t <= 10) & (wind * 3.6 > 4.8)
    assert (np.isnan(ours) == ~defined).all()
    theirs = metpy.windchill(t * units.degC, wind * units("m/s"), mask_undefined=False).to("degC").magnitude
    np.testing.assert_allclose(ours[defined], theirs[defined], atol=1e-9)
    ecmwf = thermofeel.calculate_wind_chill(t + ZERO_C, wind) - ZERO_C
    np.testing.assert_allclose(ours[defined], ecmwf[defined], atol=0.01)


def test_humidex(formula, weather):
    t, td = weather["t"], weather["td"]
    ours = formula("humidex_c", "t", "td")
    theirs = thermofeel.calculate_humidex(t + ZERO_C, td + ZERO_C) - ZERO_C
    told = ~np.isnan(ours)
    assert told.sum() > 1000
    # the freezing point is 273.15 K in one and 273.16 K in the other: 0.4 per mille
    np.testing.assert_allclose(ours[told], theirs[told], rtol=6e-4)
    assert (theirs[~told] <= t[~told] + 0.02).all()


def test_apparent_temperature(formula, weather):
    t, rh, wind = weather["t"], weather["rh"], weather["wind"]
    ours = formula("apparent_temperature_c", "t", "rh", "wind")
    theirs = thermofeel.calculate_apparent_temperature(t + ZERO_C, wind, rh) - ZERO_C
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_dew_point_and_humidity(formula, macros, weather):
    """metpy has Bolton's constants (1980): 0.1 degC apart at most from -40 to 50 degC."""
    t, rh, td = weather["t"], weather["rh"], weather["td"]
    moist = rh >= 5
    np.testing.assert_allclose(formula("dew_point_c", "t", "rh")[moist], _dew_point(t, rh)[moist], atol=0.25)
    theirs = metpy.relative_humidity_from_dewpoint(t * units.degC, td * units.degC).to("percent").magnitude
    np.testing.assert_allclose(formula("relative_humidity_pct", "t", "td"), theirs, atol=0.6)
    there_and_back = formula("relative_humidity_pct", "t", f"({macros.dew_point_c('t', 'rh')})")
    np.testing.assert_allclose(there_and_back, rh, atol=1e-9)


def test_dew_points_that_were_measured(macros, real_data):
    """Reports of the observation packages hold t, u and td: the golden one is 22.8 degC, 66 %, 16.1 degC."""
    folder = real_data("mf_api")
    (golden,) = json.loads((folder / "obs-horaire_76116001_2024-10-16T12_00_00Z.json").read_bytes())
    reports = [golden, *json.loads(gzip.decompress(next(folder.glob("paquetobs-horaire_76_*.json.gz")).read_bytes()))]
    told = [
        (report["t"] - ZERO_C, report["u"], report["td"] - ZERO_C)
        for report in reports
        if None not in (report["t"], report["u"], report["td"])
    ]
    assert len(told) > 100
    assert told[0] == pytest.approx((22.8, 66, 16.1))
    with duckdb.connect() as session:
        session.execute("create table told (t double, u double, td double)")
        session.executemany("insert into told values (?, ?, ?)", told)
        apart = session.execute(f"select {macros.dew_point_c('t', 'u')} - td from told").fetchnumpy()
    # humidity in whole per cent: 0.1 degC at 66 %, more where the air is drier
    assert max(abs(difference) for difference in next(iter(apart.values()))) <= 0.2


def test_mean_and_range_of_the_extremes_of_real_days(macros, real_data):
    """Days that Météo-France published with Tn, Tx and what it computed from them, in 0.1 degC."""
    with (real_data("clim_base") / "dpclim-commande-station.quotidiennes.csv").open(encoding="utf-8") as file:
        days = [
            {name: float(row[name].replace(",", ".")) for name in ("TN", "TX", "TNTXM", "TAMPLI")}
            for row in csv.DictReader(file, delimiter=";")
        ]
    assert [(day["TN"], day["TX"]) for day in days] == [(8.8, 15.2), (11.2, 17.8)]
    for day in days:
        with duckdb.connect() as session:
            mean, difference = session.execute(
                f"select {macros.tntx_mean_c('tn', 'tx')}, {macros.temperature_range_c('tn', 'tx')}"
                " from (select ? as tn, ? as tx)",
                [day["TN"], day["TX"]],
            ).fetchone()
        assert mean == pytest.approx(day["TNTXM"], abs=0.05)
        assert difference == pytest.approx(day["TAMPLI"], abs=0.05)


def test_pressure_at_sea_level(formula, weather):
    """Against the hydrostatic equation integrated over a layer that warms by 6.5 K a kilometre, step by step."""
    t, p, z = weather["t"], weather["p"], weather["z"]
    steps = 2000
    ln_p = np.log(p)
    height = z / steps
    for step in range(steps):
        kelvin = t + ZERO_C + 0.0065 * height * (step + 0.5)
        ln_p = ln_p + 9.80665 * 0.0289644 / 8.31446 * height / kelvin
    # the exponent 5.257 is g M / (R L) = 5.2558 rounded up: 0.03 hPa
    np.testing.assert_allclose(formula("sea_level_pressure_hpa", "p", "z", "t"), np.exp(ln_p), rtol=3e-5)


def test_degree_days(formula, weather):
    t, tn = weather["t"], weather["tn"]
    mean = (t + tn) / 2
    np.testing.assert_allclose(formula("heating_degree_days", "tn", "t", 18), np.clip(18 - mean, 0, None))
    np.testing.assert_allclose(formula("cooling_degree_days", "tn", "t", 18), np.clip(mean - 18, 0, None))
    capped = (np.minimum(t, 30) + np.maximum(tn, 10)) / 2 - 10
    np.testing.assert_allclose(formula("growing_degree_days", "tn", "t", 10, 30), np.clip(capped, 0, None))
