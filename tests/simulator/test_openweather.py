"""The simulated OpenWeather API: its bodies against real ones, its weather against the simulator's own archives."""

from __future__ import annotations

import csv
import datetime as dt
import json
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import numpy as np
import pytest

from simulator.archive import write_archive
from simulator.atmosphere import SEA_LEVEL_BIAS_HPA, error_sd, unix
from simulator.conditions import CONDITIONS, condition_ids, feels_like_c
from simulator.openweather import INVALID_KEY, REFRESH_S, TOO_MANY_REQUESTS, KeyCheck, OpenWeather
from simulator.places import cities, place_at
from simulator.pollution import COMPONENTS, Pollution, index_of
from simulator.server import Request, Response
from simulator.stations import published_stations
from simulator.sun import sunrise_sunset
from tests.simulator.schemas import derive, load, recorded_current

SEED = 11
NOW = dt.datetime(2026, 2, 10, 12, 4)
PARIS, DAKAR, NOWHERE = "lat=48.8534&lon=2.3488", "lat=14.6937&lon=-17.4441", "lat=30&lon=-40"
EPOCH = dt.datetime(1970, 1, 1)
#: A winter's morning with rain and snow, and a summer's night.
MOMENTS = (dt.datetime(2026, 2, 7, 6, 4), dt.datetime(2025, 7, 14, 2, 31))


def request(target: str) -> Request:
    parts = urlsplit(target)
    return Request("GET", parts.path.lstrip("/"), parse_qs(parts.query, keep_blank_values=True), {}, target)


def get(api: Any, target: str, status: int = 200) -> Any:
    response: Response = api(request(target))
    assert response.status == status, response.body
    return json.loads(response.body)


@pytest.fixture(scope="module")
def clock() -> list[dt.datetime]:
    """What time it is: tests put another moment in."""
    return [NOW]


@pytest.fixture(scope="module")
def shared_api(clock) -> OpenWeather:
    """One for all tests, because computed months are kept."""
    return OpenWeather(SEED, lambda: clock[0], stale_share=0)


@pytest.fixture
def api(shared_api, clock) -> OpenWeather:
    clock[0] = NOW
    return shared_api


@pytest.fixture(scope="module")
def paris(shared_api):
    place = place_at(48.8534, 2.3488)
    first = unix(dt.datetime(2025, 1, 1)) // 3600
    hours = np.arange(first, first + 365 * 24)
    return (
        hours,
        Pollution(shared_api.atmosphere).hours(place, first, len(hours)),
        shared_api.atmosphere.at(place, hours * 3600),
    )


# -- shapes, against real bodies -----------------------------------------------------------------------------------------

CONSTANTS = frozenset(("cod", "base", "message"))


def test_the_deriver_refuses_what_no_real_body_has():
    schema = derive(
        [
            {"cod": "200", "n": 1, "icon": "01d", "list": [{"x": 1}, {"x": 2.5, "y": "a"}]},
            {"cod": "200", "n": 2, "icon": "50n", "list": []},
        ],
        CONSTANTS,
    )
    right = {"cod": "200", "n": 3, "icon": "10d", "list": [{"x": 7}]}
    jsonschema.validate(right, schema)
    for wrong in (
        {"cod": 200},
        {"n": 3.5},
        {"n": None},
        {"icon": "1d"},
        {"list": [{"x": 1, "z": 1}]},
        {"list": [{"x": None}]},
        {"list": [{"y": "a"}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(right | wrong, schema)
    with pytest.raises(jsonschema.ValidationError, match="'n' is a required property"):
        jsonschema.validate({name: value for name, value in right.items() if name != "n"}, schema)


def validate(bodies: list[Any], schema: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(schema)
    problems = [f"{error.json_path}: {error.message}" for body in bodies for error in validator.iter_errors(body)]
    assert not problems, problems[:5]


def everywhere(api: OpenWeather, clock: list[dt.datetime], path: str, more: str = "") -> list[Any]:
    """The answers for every second city at every moment. Every body is also free of null, and of 3.0 where the provider writes
    3, which a schema cannot tell from 3."""
    bodies = []
    for clock[0] in MOMENTS:
        for city in cities()[::2]:
            response = api(request(f"{path}?lat={city.latitude}&lon={city.longitude}{more}"))
            assert b".0," not in response.body and b".0}" not in response.body and b"null" not in response.body
            bodies.append(json.loads(response.body))
    return bodies


# As it is recorded, and as Isobar asks for it.
@pytest.mark.parametrize("units", ["", "&units=metric"])
def test_current_weather_has_the_shape_of_recorded_bodies(api, clock, real_data, units):
    recorded = list(recorded_current(real_data("openweather/current")))
    assert len(recorded) == 1302
    schema = derive(recorded, CONSTANTS)
    bodies = everywhere(api, clock, "/data/2.5/weather", units)
    validate(bodies, schema)
    assert any("rain" in body for body in bodies) and any("snow" in body for body in bodies)
    assert any("gust" in body["wind"] for body in bodies) and not all("gust" in body["wind"] for body in bodies)
    assert not all("rain" in body for body in bodies)
    assert {type(body["wind"]["speed"]) for body in bodies} == {int, float}


@pytest.mark.parametrize("units", ["", "&units=metric"])
def test_forecasts_have_the_shape_of_recorded_bodies(api, clock, real_data, units):
    recorded = load(*real_data("openweather/vcr_dblock").glob("forecast__five_day*.json"))
    assert len(recorded) == 3
    bodies = everywhere(api, clock, "/data/2.5/forecast", units)
    validate(bodies, derive(recorded, CONSTANTS))
    assert {type(step["pop"]) for body in bodies for step in body["list"]} == {int, float}


@pytest.mark.parametrize(
    ("path", "entries"),
    [("/data/2.5/air_pollution", 1), ("/data/2.5/air_pollution/forecast", 96),
     ("/data/2.5/air_pollution/history?start=1763000000&end=1763014400", 4)],
)  # fmt: skip
def test_air_pollution_has_the_shape_of_recorded_bodies(api, real_data, path, entries):
    recorded = load(*real_data("openweather/air_pollution").glob("*.json"))
    assert len(recorded) == 4
    schema = derive(recorded)
    bodies = [get(api, f"{path}{'&' if '?' in path else '?'}lat={c.latitude}&lon={c.longitude}") for c in cities()[::3]]
    validate(bodies, schema)
    assert {len(body["list"]) for body in bodies} == {entries}


def test_geocoding_has_the_shape_of_handwritten_bodies(api, real_data):
    folder = real_data("openweather/unverified_handwritten")
    for kind, target in (("direct", "/geo/1.0/direct?q=London"), ("reverse", "/geo/1.0/reverse?lat=51.5&lon=-0.1")):
        [known] = load(folder / f"skypulse__geocoding_{kind}.json")
        found = get(api, target)
        # Not from the provider, so other keys may come: local_names is documented.
        validate([found], derive([known], is_closed=False))
        assert [city["name"] for city in found] == [city["name"] for city in known]


def test_errors_have_the_shape_of_recorded_bodies(api, real_data):
    folder = real_data("openweather/vcr_dblock")
    assert (folder / "errors__access_denied.401.json").read_bytes() == INVALID_KEY
    [bad_request] = load(folder / "one_call__error_out_of_range.400.json")
    schema = derive([bad_request], frozenset(("cod",)))
    places = ("?lat=91&lon=0", "?lat=48&lon=181", "?lat=north&lon=0", "")
    endpoints = ("weather", "forecast", "air_pollution", "air_pollution/forecast", "air_pollution/history")
    targets = [f"/data/2.5/{endpoint}{place}" for endpoint in endpoints for place in places]
    for target in [*targets, f"/data/2.5/air_pollution/history?{PARIS}", "/geo/1.0/direct"]:
        validate([get(api, target, 400)], schema)
    gate = KeyCheck(api, {"good"})
    for endpoint in endpoints:
        assert gate(request(f"/data/2.5/{endpoint}?{PARIS}&appid=bad")).body == INVALID_KEY
    handwritten = real_data("openweather/unverified_handwritten")
    [not_found] = load(handwritten / "skypulse__404_not_found.json")
    assert get(api, "/data/2.5/weather?q=Nirgendheim", 404) == not_found
    [blocked] = load(handwritten / "skypulse__429_rate_limit.json")
    validate([json.loads(TOO_MANY_REQUESTS)], derive([blocked], frozenset(("cod",))))


# -- numbers, against real bodies ----------------------------------------------------------------------------------------


def test_sunrise_sunset_feels_like_and_ids_agree_with_recorded_bodies(real_data):
    recorded = list(recorded_current(real_data("openweather/current")))
    seconds, degrees = [], []
    for body in recorded:
        day = (EPOCH + dt.timedelta(seconds=body["dt"] + body["timezone"])).date()
        sun = sunrise_sunset(day, body["coord"]["lat"], body["coord"]["lon"])
        seconds += [abs(sun[0] - body["sys"]["sunrise"]), abs(sun[1] - body["sys"]["sunset"])]
        felt = feels_like_c(body["main"]["temp"] - 273.15, body["main"]["humidity"], body["wind"]["speed"]) + 273.15
        degrees.append(abs(felt - body["main"]["feels_like"]))
        for element in body["weather"]:
            is_day = sun[0] <= body["dt"] < sun[1]
            # Haze has no measure in the archive and is never simulated, but its words are known.
            assert CONDITIONS[element["id"]].element("en", is_day) | {"icon": ""} == element | {"icon": ""}
            assert CONDITIONS[element["id"]].icon == element["icon"][:2]
        main = body["weather"][0]["id"]
        if main >= 800:
            assert condition_ids(0, 10, body["clouds"]["all"], 0) == [main]
        elif "snow" in body:
            assert condition_ids(body["snow"]["1h"], -5, 100, 71) == [main]
        elif "rain" in body:
            assert condition_ids(body["rain"]["1h"], 10, 100, 61) == [main]
    assert max(seconds) <= 20
    assert max(degrees) <= 0.031


def test_french_words_agree_with_a_recorded_body(real_data):
    [body] = load(real_data("openweather/vcr_dblock") / "weather__weather_id_fr_metric.200.json")
    [element] = body["weather"]
    assert CONDITIONS[element["id"]].element("fr", element["icon"][2] == "d") == element
    [moscow] = [city for city in cities() if city.id == body["id"]]
    assert (moscow.name_fr, moscow.country) == (body["name"], body["sys"]["country"])


def test_every_condition_has_its_own_words_in_both_languages():
    assert len(CONDITIONS) == 55
    for words in ([c.english for c in CONDITIONS.values()], [c.french for c in CONDITIONS.values()]):
        assert all(words) and len(set(words)) == len(words)
    assert {c.main for c in CONDITIONS.values()} >= {
        "Thunderstorm",
        "Drizzle",
        "Rain",
        "Snow",
        "Clear",
        "Clouds",
        "Fog",
    }


def test_forecast_steps_agree_with_recorded_ones(real_data):
    for body in load(*real_data("openweather/vcr_dblock").glob("forecast__five_day*.json")):
        for step in body["list"]:
            kind = "snow" if "snow" in step else "rain"
            amount = step.get(kind, {}).get("3h", 0)
            celsius = step["main"]["temp"] - 273.15
            assert condition_ids(amount / 3, celsius, step["clouds"]["all"], 0) == [step["weather"][0]["id"]]
            felt = feels_like_c(celsius, step["main"]["humidity"], step["wind"]["speed"]) + 273.15
            assert felt == pytest.approx(step["main"]["feels_like"], abs=0.05)


def test_the_pollution_index_agrees_with_recorded_bodies(real_data):
    for body in load(*real_data("openweather/air_pollution").glob("*.json")):
        for entry in body["list"]:
            components = {name: np.array([value]) for name, value in entry["components"].items()}
            assert index_of(components)[0] == entry["main"]["aqi"]


# -- the weather itself --------------------------------------------------------------------------------------------------


def test_current_weather_is_that_of_the_archive_at_a_station(tmp_path, api, clock):
    stations = [s for s in published_stations() if s.id in ("07149", "07510", "07690", "61980", "78925")]
    write_archive(
        tmp_path, dt.date(2025, 3, 1), dt.date(2025, 3, 31), SEED, layout="yearly", stations=stations, compress=False
    )
    with (tmp_path / "synop_2025.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))[::9]
    assert len(rows) > 100
    compared = 0
    for row in rows:
        clock[0] = dt.datetime.fromisoformat(row["validity_time"]).replace(tzinfo=None) + dt.timedelta(minutes=4)
        body = get(api, f"/data/2.5/weather?lat={row['lat']}&lon={row['lon']}")
        assert 0 <= body["dt"] - unix(clock[0]) + 240 < 240
        told = {
            "t": body["main"]["temp"],
            "u": body["main"]["humidity"],
            "ff": body["wind"]["speed"],
            "dd": body["wind"]["deg"],
            "rr1": next((body[kind]["1h"] for kind in ("rain", "snow") if kind in body), 0),
        }
        for name, value in told.items():
            if row[name]:
                # A trace of rain is coded -0.1 and is no rain for OpenWeather.
                assert max(float(row[name]), 0) == pytest.approx(value), (row["geo_id_wmo"], row["validity_time"], name)
                compared += 1
        for name, key in (("pmer", "pressure"), ("pres", "grnd_level")):
            if row[name]:
                assert abs(float(row[name]) / 100 - body["main"][key]) <= 0.5
        if row["vv"]:
            assert body["visibility"] == min(float(row["vv"]), 10_000)
        if row["n"]:
            assert body["clouds"]["all"] == min(float(row["n"]), 100)
    assert compared > 400


def test_between_steps_the_weather_changes_by_degrees(api):
    atmosphere, place = api.atmosphere, place_at(45.7485, 4.8467)
    start = unix(dt.datetime(2025, 6, 1))
    air = atmosphere.at(place, start + 600 * np.arange(6 * 24 * 20))
    steps = atmosphere.steps(place, start // 10800, 8 * 20)
    assert np.array_equal(air.celsius[::18], steps["t"] / 10)
    assert np.abs(np.diff(air.celsius)).max() <= np.abs(np.diff(steps["t"])).max() / 10 / 18 + 1e-9
    turns = (np.diff(air.wind_deg) + 180) % 360 - 180
    assert np.abs(turns).max() <= 11
    # The three hours before a step hold the step's own rain, no more and no less.
    hourly = atmosphere.at(place, start + 3600 * np.arange(1, 24 * 20 - 2)).rain_mm
    assert hourly[: 3 * 158].reshape(-1, 3).sum(axis=1) == pytest.approx(np.maximum(steps["rr3"], 0)[1:159] / 10)


def test_computation_times_repeat_and_sometimes_step_back():
    polls = [NOW + dt.timedelta(minutes=minute) for minute in range(240)]
    current = [polls[0]]
    api = OpenWeather(SEED, lambda: current[0])
    bodies = []
    for current[0] in polls:
        bodies.append(get(api, f"/data/2.5/weather?{PARIS}"))
    times = [body["dt"] for body in bodies]
    assert 20 <= len(set(times)) <= 26
    assert all(0 <= unix(poll) - time < 2 * REFRESH_S for poll, time in zip(polls, times, strict=True))
    assert any(later < earlier for earlier, later in pairwise(times))
    by_time: dict[int, Any] = {}
    for body in bodies:
        assert by_time.setdefault(body["dt"], body) == body


def test_units_and_languages(api):
    standard, metric, imperial = (
        get(api, f"/data/2.5/weather?{PARIS}{units}") for units in ("", "&units=metric", "&units=imperial")
    )
    assert (
        standard
        == get(api, f"/data/2.5/weather?{PARIS}&units=standard")
        == get(api, f"/data/2.5/weather?{PARIS}&units=x")
    )
    for name in ("temp", "feels_like", "temp_min", "temp_max"):
        assert standard["main"][name] - 273.15 == pytest.approx(metric["main"][name], abs=0.011)
        assert metric["main"][name] * 1.8 + 32 == pytest.approx(imperial["main"][name], abs=0.02)
    assert metric["wind"]["speed"] == standard["wind"]["speed"]
    assert metric["wind"]["speed"] * 2.23694 == pytest.approx(imperial["wind"]["speed"], abs=0.01)
    for name in ("pressure", "humidity", "sea_level", "grnd_level"):
        assert standard["main"][name] == metric["main"][name] == imperial["main"][name]
    assert standard["visibility"] == metric["visibility"] == imperial["visibility"]
    french = get(api, "/data/2.5/weather?q=London,GB&lang=fr")
    assert french["name"] == "Londres" and french["id"] == 2643743
    condition = CONDITIONS[french["weather"][0]["id"]]
    assert french["weather"][0]["description"] == condition.french != condition.english
    assert get(api, "/data/2.5/weather?q=London,GB&lang=xx")["weather"][0]["description"] == condition.english


def test_time_zones_are_seconds_and_follow_the_law(api, clock):
    offsets = {}
    for clock[0] in (dt.datetime(2025, 1, 10), dt.datetime(2025, 7, 10)):
        for name in ("Paris", "Delhi", "Sydney", "Montreal"):
            offsets.setdefault(name, []).append(get(api, f"/data/2.5/weather?q={name}")["timezone"])
    assert offsets == {
        "Paris": [3600, 7200],
        "Delhi": [19800, 19800],
        "Sydney": [39600, 36000],
        "Montreal": [-18000, -14400],
    }


def test_a_place_without_a_name_has_weather_too(api):
    body = get(api, f"/data/2.5/weather?{NOWHERE}")
    assert (body["id"], body["name"], body["timezone"]) == (0, "", -10800)
    assert "country" not in body["sys"]
    assert get(api, f"/data/2.5/forecast?{NOWHERE}")["city"] | {"coord": 0, "sunrise": 0, "sunset": 0} == {
        "id": 0, "name": "", "coord": 0, "country": "", "population": 0, "timezone": -10800, "sunrise": 0, "sunset": 0,
    }  # fmt: skip
    assert get(api, "/geo/1.0/reverse?lat=30&lon=-40") == []


def test_climates_of_the_world_are_told_apart(api):
    def july(name: str) -> float:
        city = next(c for c in cities() if c.name == name and c.country != "CA")
        start = unix(dt.datetime(2025, 7, 1))
        return float(
            api.atmosphere.at(place_at(city.latitude, city.longitude), start + 3600 * np.arange(31 * 24)).celsius.mean()
        )

    means = {name: july(name) for name in ("Delhi", "Dakar", "Paris", "Reykjavik", "Sydney", "Moscow")}
    assert means["Delhi"] > means["Dakar"] > means["Paris"] > means["Reykjavik"]
    assert 8 < means["Sydney"] < 18 < means["Moscow"] + 4


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [("/data/2.5/weather", 400, "Nothing to geocode"), ("/data/2.5/weather?lat=48.85", 400, "wrong longitude"),
     ("/data/2.5/weather?lat=abc&lon=2", 400, "wrong latitude"), ("/data/2.5/weather?lat=nan&lon=2", 400, "wrong latitude"),
     ("/data/2.5/forecast?lat=1&lon=181", 400, "wrong longitude"), ("/data/2.5/forecast?lat=1&lon=1&cnt=x", 400, "wrong cnt"),
     ("/data/2.5/forecast?lat=1&lon=1&cnt=0", 400, "cnt from 1 to 40"), ("/data/2.5/weather?id=1", 404, "city not found"),
     ("/data/2.5/air_pollution/history?lat=1&lon=1", 400, "wrong start"), ("/geo/1.0/direct", 400, "Nothing to geocode"),
     ("/data/2.5/air_pollution/history?lat=1&lon=1&start=5&end=4", 400, "wrong end"),
     ("/data/3.0/onecall?lat=1&lon=1", 404, "Internal error")],
)  # fmt: skip
def test_wrong_requests(api, target, status, message):
    assert get(api, target, status) == {"cod": str(status), "message": message}


def test_geocoding_answers_names_in_both_languages_and_nothing_with_an_empty_list(api):
    assert [c["country"] for c in get(api, "/geo/1.0/direct?q=london&limit=5")] == ["GB", "CA"]
    assert [c["country"] for c in get(api, "/geo/1.0/direct?q=london&limit=1")] == ["GB"]
    assert get(api, "/geo/1.0/direct?q=Montréal,CA") == get(api, "/geo/1.0/direct?q=montreal,quebec,ca")
    assert get(api, "/geo/1.0/direct?q=Nirgendheim") == []
    [paris] = get(api, "/geo/1.0/reverse?lat=48.9&lon=2.3&limit=1")
    assert paris["local_names"] == {"en": "Paris", "fr": "Paris"}


# -- forecasts -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def verified(shared_api) -> dict[str, np.ndarray]:
    """Forecast and outcome of 6 cities, a run every 5 days and 7 hours for a year and a half; arrays (runs, 40 steps)."""
    atmosphere = shared_api.atmosphere
    columns: dict[str, list[np.ndarray]] = {}
    for latitude, longitude in (
        (48.85, 2.35),
        (43.60, 1.44),
        (48.39, -4.49),
        (45.75, 4.85),
        (43.70, 7.27),
        (50.63, 3.06),
    ):
        place = place_at(latitude, longitude)
        for number in range(100):
            forecast = atmosphere.forecast(place, dt.datetime(2024, 1, 1) + number * dt.timedelta(days=5, hours=7), 40)
            outcome = atmosphere.at(place, forecast.air.seconds)
            steps = atmosphere.steps(place, int(forecast.air.seconds[0]) // 10800, 40)
            row = {
                "lead": (forecast.air.seconds - unix(forecast.run)) / 3600,
                "celsius": forecast.air.celsius - outcome.celsius,
                "observed": outcome.celsius,
                "pressure": forecast.air.sea_level_hpa - outcome.sea_level_hpa,
                "wind": forecast.air.wind_ms - outcome.wind_ms,
                "rain": forecast.air.rain_mm,
                "outcome": np.maximum(steps["rr3"], 0) / 10,
                "probability": forecast.probability,
            }
            for name, values in row.items():
                columns.setdefault(name, []).append(values)
    return {name: np.array(rows) for name, rows in columns.items()}


def by_day(values: np.ndarray) -> np.ndarray:
    """(5,): root mean square by day of lead time."""
    return np.sqrt((values.reshape(len(values), 5, 8) ** 2).mean(axis=(0, 2)))


def test_forecast_errors_grow_with_lead_time(verified):
    for name in ("celsius", "wind"):
        rmse = by_day(verified[name])
        assert (np.diff(rmse) > 0).all(), (name, rmse)
        assert rmse[4] > 1.8 * rmse[0]
    pressure = by_day(verified["pressure"] - SEA_LEVEL_BIAS_HPA)
    assert (np.diff(pressure) > 0).all() and pressure[4] > 2.5 * pressure[0]
    expected = np.sqrt((error_sd("celsius", verified["lead"]).reshape(-1, 5, 8) ** 2).mean(axis=(0, 2)))
    assert by_day(verified["celsius"]) == pytest.approx(expected, rel=0.15)
    # Still worth more than the climate on the fifth day.
    season = verified["observed"] - verified["observed"].mean()
    assert by_day(verified["celsius"])[4] < 0.6 * season.std()


def test_temperature_is_unbiased_and_sea_level_pressure_is_not(verified):
    runs = verified["celsius"].shape[0] / 6
    # Cities err together and steps of a run as well: the runs are what is independent.
    for name, bias in (("celsius", 0.0), ("pressure", SEA_LEVEL_BIAS_HPA), ("wind", 0.0)):
        per_run = verified[name].reshape(6, -1, 40).mean(axis=(0, 2))
        assert abs(per_run.mean() - bias) < 3.5 * per_run.std() / np.sqrt(runs), name
    assert verified["pressure"].mean() > 0.4


def test_probability_and_amount_of_rain_agree(verified):
    rain, probability, fell = verified["rain"], verified["probability"], verified["outcome"] > 0
    assert ((probability >= 0) & (probability <= 1)).all()
    assert (probability[rain > 0] >= 0.2).all() and (rain[probability == 0] == 0).all()
    assert ((rain == 0) | (rain >= 0.1)).all()
    # Reliable: it rains about as often as was said.
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        said = (probability >= low) & (probability < high)
        assert abs(fell[said].mean() - probability[said].mean()) < 0.12
    brier = ((probability - fell) ** 2).reshape(-1, 5, 8).mean(axis=(0, 2))
    climate = fell.mean() * (1 - fell.mean())
    assert brier[0] < 0.6 * brier[4] and brier[4] < climate
    assert rain.mean() == pytest.approx(verified["outcome"].mean(), rel=0.25)


def test_later_runs_correct_earlier_ones_and_neighbours_err_together(api):
    atmosphere = api.atmosphere
    paris, reims, ajaccio = place_at(48.8534, 2.3488), place_at(49.2653, 4.0286), place_at(41.9192, 8.7387)
    here, near, far, later = [], [], [], []
    for day in range(0, 300, 3):
        run = dt.datetime(2025, 1, 1) + dt.timedelta(days=day)
        error = [
            (forecast := atmosphere.forecast(place, moment, 40)).air.celsius
            - atmosphere.at(place, forecast.air.seconds).celsius
            for place, moment in (
                (paris, run), (paris, run), (reims, run), (ajaccio, run), (paris, run + dt.timedelta(hours=12)),
            )
        ]  # fmt: skip
        assert np.array_equal(error[0], error[1])
        here.append(error[0][24])
        near.append(error[2][24])
        far.append(error[3][24])
        # The same valid time, seen four steps later.
        later.append(error[4][20])
    assert np.corrcoef(here, near)[0, 1] > 0.8 > 0.6 > np.corrcoef(here, far)[0, 1]
    assert 0.6 < np.corrcoef(here, later)[0, 1] < 0.99
    assert np.std(later) < np.std(here)


def test_forecast_bodies_are_consistent(api, clock):
    for body in everywhere(api, clock, "/data/2.5/forecast", "&units=metric"):
        assert body["cnt"] == len(body["list"]) == 40
        times = [step["dt"] for step in body["list"]]
        assert all(b - a == 10800 for a, b in pairwise(times)) and times[0] % 10800 == 0
        for step in body["list"]:
            assert step["dt_txt"] == f"{EPOCH + dt.timedelta(seconds=step['dt']):%Y-%m-%d %H:%M:%S}"
            falls = "rain" in step or "snow" in step
            assert falls == (step["weather"][0]["id"] < 700)
            assert not falls or step["pop"] >= 0.2
            assert not ("rain" in step and "snow" in step)
            assert ("snow" in step) == (step["weather"][0]["main"] == "Snow" and step["weather"][0]["id"] < 610)
            main = step["main"]
            assert main["temp_min"] <= main["temp"] <= main["temp_max"]
            assert main["temp"] - main["temp_min"] == pytest.approx(main["temp_kf"], abs=0.011)
            assert 1 <= main["humidity"] <= 100 and step["wind"]["gust"] >= step["wind"]["speed"]
            assert step["weather"][0]["icon"][2] == step["sys"]["pod"]


def test_the_first_step_is_always_ahead(api, clock):
    for clock[0] in (dt.datetime(2026, 2, 10, 12), dt.datetime(2026, 2, 10, 14, 59, 59), dt.datetime(2026, 2, 10, 15)):
        first = get(api, f"/data/2.5/forecast?{PARIS}&cnt=3")
        assert first["cnt"] == 3
        assert 0 < first["list"][0]["dt"] - unix(clock[0]) <= 10800


# -- pollution -----------------------------------------------------------------------------------------------------------


def test_pollution_has_a_day_a_week_and_a_year(paris):
    hours, values, _ = paris
    moments = (np.datetime64("1970-01-01T00") + hours).astype("datetime64[h]")
    # Paris is one or two hours ahead of UTC.
    hour = hours % 24
    month = moments.astype("datetime64[M]").astype(int) % 12 + 1
    weekday = (hours // 24 + 3) % 7
    winter, summer = np.isin(month, (12, 1, 2)), np.isin(month, (6, 7, 8))
    assert set(values) == set(COMPONENTS)
    assert all((series >= 0).all() for series in values.values())

    no2, ozone, pm = values["no2"], values["o3"], values["pm2_5"]
    assert no2[np.isin(hour, (6, 7))].mean() > 1.4 * no2[np.isin(hour, (1, 2))].mean()
    assert no2[weekday < 5].mean() > 1.15 * no2[weekday == 6].mean()
    assert pm[winter].mean() > 1.3 * pm[summer].mean()
    assert ozone[summer].mean() > 1.3 * ozone[winter].mean()
    assert ozone[summer & (hour == 13)].mean() > 1.2 * ozone[summer & (hour == 4)].mean()
    assert (values["pm10"] >= values["pm2_5"]).all()


def test_wind_dilutes_pollution_and_rain_washes_it_out(paris):
    _, values, air = paris
    winter = slice(0, 59 * 24)
    wind, pm, no2 = air.wind_ms[winter], values["pm2_5"][winter], values["no2"][winter]
    assert no2[wind < 2].mean() > 1.5 * no2[wind > 6].mean()
    assert pm[wind < 2].mean() > 1.3 * pm[wind > 6].mean()
    wet = air.rain_mm > 0
    assert values["pm10"][wet].mean() < 0.85 * values["pm10"][~wet].mean()


def test_pollution_history_is_the_same_in_every_window_and_begins_in_2020(api, clock):
    path = f"/data/2.5/air_pollution/history?{PARIS}"
    start, end = unix(dt.datetime(2025, 3, 28)), unix(dt.datetime(2025, 4, 2))
    whole = get(api, f"{path}&start={start}&end={end}")["list"]
    # Summer time began on 30 March 2025, between the two starts.
    part = get(api, f"{path}&start={start + 80 * 3600 - 10}&end={end - 7}")["list"]
    assert whole[80:-1] == part
    assert [entry["dt"] for entry in whole] == list(range(start, end + 1, 3600))
    early = get(api, f"{path}&start={unix(dt.datetime(2020, 11, 26, 22))}&end={unix(dt.datetime(2020, 11, 27, 3))}")[
        "list"
    ]
    assert [entry["dt"] for entry in early] == [unix(dt.datetime(2020, 11, 27, hour)) for hour in range(4)]
    assert get(api, f"{path}&start=0&end=100")["list"] == []
    current = get(api, f"/data/2.5/air_pollution?{PARIS}")["list"][0]
    last = get(api, f"{path}&start={unix(NOW) - 7200}&end={unix(NOW) + 10**6}")["list"]
    assert last[-1]["dt"] == unix(NOW) // 3600 * 3600 <= unix(NOW)
    clock[0] = dt.datetime(2026, 2, 10, 12, 30)
    assert get(api, f"/data/2.5/air_pollution?{PARIS}")["list"][0] | {"dt": 0} == last[-1] | {"dt": 0}
    assert current["dt"] % REFRESH_S < 180


def test_pollution_forecasts_miss_by_more_the_further_they_look(api, clock):
    misses = []
    for day in range(0, 200, 4):
        clock[0] = dt.datetime(2025, 3, 1, 6) + dt.timedelta(days=day)
        told = get(api, f"/data/2.5/air_pollution/forecast?{DAKAR}")["list"]
        start = told[0]["dt"]
        clock[0] += dt.timedelta(days=10)
        came = get(api, f"/data/2.5/air_pollution/history?{DAKAR}&start={start}&end={start + 95 * 3600}")["list"]
        assert [entry["dt"] for entry in told] == [entry["dt"] for entry in came]
        misses.append(
            [np.log(a["components"]["pm2_5"] / b["components"]["pm2_5"]) for a, b in zip(told, came, strict=True)]
        )
    rmse = np.sqrt((np.array(misses).reshape(-1, 4, 24) ** 2).mean(axis=(0, 2)))
    assert (np.diff(rmse) > 0).all() and rmse[3] > 2 * rmse[0]


# -- determinism and keys ------------------------------------------------------------------------------------------------

TARGETS = (
    f"/data/2.5/weather?{PARIS}", f"/data/2.5/forecast?{DAKAR}", f"/data/2.5/air_pollution?{PARIS}",
    f"/data/2.5/air_pollution/forecast?{PARIS}", "/geo/1.0/direct?q=Lyon",
    f"/data/2.5/air_pollution/history?{DAKAR}&start=1763000000&end=1763100000",
)  # fmt: skip


def test_same_seed_and_moment_same_bytes_whatever_was_asked_before():
    first, second = OpenWeather(SEED, NOW), OpenWeather(SEED, lambda: NOW)
    forwards = [first(request(target)).body for target in TARGETS]
    backwards = [second(request(target)).body for target in reversed(TARGETS)][::-1]
    assert forwards == backwards
    other = OpenWeather(SEED + 1, NOW)
    assert all(other(request(t)).body != body for t, body in zip(TARGETS, forwards, strict=True) if "geo" not in t)


def test_keys_are_checked_and_calls_counted(api):
    gate = KeyCheck(api, {"good", "other"})
    for key in ("good", "good", "other", "bad"):
        get(gate, f"/data/2.5/weather?{PARIS}&appid={key}", 401 if key == "bad" else 200)
    refused = gate(request(f"/data/2.5/weather?{PARIS}"))
    assert (refused.status, refused.body) == (HTTPStatus.UNAUTHORIZED, INVALID_KEY)
    assert json.loads(refused.body)["cod"] == 401
    # A bad request costs a call, a bad key does not reach the weather.
    get(gate, "/data/2.5/weather?lat=91&lon=0&appid=good", 400)
    assert gate.calls == {"good": 3, "other": 1, "bad": 1, "": 1}
    assert {key: count for key, count in gate.refused.items() if count} == {"bad": 1, "": 1}


def test_a_quota_per_minute_answers_429_until_the_minute_is_over(api):
    seconds = [0.0]
    gate = KeyCheck(api, {"a", "b"}, per_minute=3, clock=lambda: seconds[0])
    target = f"/data/2.5/weather?{PARIS}&appid="
    statuses = []
    for seconds[0] in (0, 10, 20, 30, 59.9, 60, 61, 70):
        statuses.append(int(gate(request(target + "a")).status))
    assert statuses == [200, 200, 200, 429, 429, 200, 429, 200]
    response = gate(request(target + "a"))
    assert json.loads(response.body)["cod"] == 429 and "Retry-After" not in response.headers
    assert gate(request(target + "b")).status == 200
    assert (gate.calls["a"], gate.refused["a"]) == (9, 4)
    with pytest.raises(ValueError, match="clock"):
        KeyCheck(api, {"a"}, per_minute=3)


def test_no_module_of_the_simulator_reads_the_time(project_root: Path):
    for path in sorted((project_root / "simulator").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        for word in ("datetime.now", "utcnow", "time.time(", "today("):
            assert word not in source, (path.name, word)
