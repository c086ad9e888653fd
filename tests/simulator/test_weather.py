"""The simulated weather: what it depends on, whether its numbers agree with each other, whether they look like France."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from simulator.events import Event, events_of_year, no_events
from simulator.stations import Station, published_stations, stations
from simulator.weather import MISSING, TRACE, MonthWeather, Weather, relative_humidity, slot_of

SEED = 7
YEARS = (2018, 2019, 2020)
MONTHS = range(1, 13)


@pytest.fixture(scope="module")
def network() -> tuple[Station, ...]:
    return published_stations()


@pytest.fixture(scope="module")
def years(network: tuple[Station, ...]) -> dict[tuple[int, int], MonthWeather]:
    weather = Weather(SEED, network)
    return {(year, month): weather.month(year, month) for year in YEARS for month in MONTHS}


def series(blocks: dict[tuple[int, int], MonthWeather], name: str, month: int | None = None) -> np.ndarray:
    return np.concatenate([b.values[name] for (_, m), b in blocks.items() if month in (None, m)])


def column(network: tuple[Station, ...], identifier: str) -> int:
    return [station.id for station in network].index(identifier)


def test_same_seed_same_weather_other_seed_other_weather(network):
    first, again, other = (Weather(seed, network).month(2021, 3).values for seed in (3, 3, 4))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert np.mean(first["t"] == other["t"]) < 0.2


def test_values_do_not_depend_on_the_other_stations(network):
    alone = Weather(SEED, [s for s in network if s.id == "07510"]).month(2020, 5).values
    many = stations(150)
    among = Weather(SEED, many).month(2020, 5).values
    for name, values in alone.items():
        assert np.array_equal(values[:, 0], among[name][:, column(many, "07510")]), name


def test_windows_reach_back_over_the_month_boundary(years):
    january, february = years[2019, 1].values, years[2019, 2].values
    parts = np.concatenate((january["rr3"][-7:], february["rr3"][:1]))
    total = np.maximum(parts, 0).sum(axis=0)
    expected = np.where((total == 0) & (parts == TRACE).any(axis=0), TRACE, total)
    assert np.array_equal(february["rr24"][0], expected)
    assert np.array_equal(february["tend"][0], february["pres"][0] - january["pres"][-1])
    assert np.array_equal(february["tend24"][0], february["pres"][0] - january["pres"][-8])


def test_humidity_is_consistent_with_temperature(years):
    t, td, u = (series(years, name) for name in ("t", "td", "u"))
    assert (td <= t).all()
    assert np.abs(relative_humidity(t / 10, td / 10) - u).max() <= 1


def test_wind_is_consistent(years):
    ff, dd, raf10, rafper = (series(years, name) for name in ("ff", "dd", "raf10", "rafper"))
    assert (raf10 >= ff).all()
    assert (rafper >= raf10).all()
    assert np.array_equal(ff == 0, dd == 0)
    assert set(np.unique(dd)) == set(range(0, 361, 10))
    assert ff.max() < 400


def test_sums_of_rain_are_sums_of_their_parts(years):
    for block in years.values():
        rain = {name: np.maximum(block.values[name], 0) for name in ("rr1", "rr3", "rr6", "rr12", "rr24")}
        assert (rain["rr1"] <= rain["rr3"]).all()
        for name, parts in (("rr6", 2), ("rr12", 4), ("rr24", 8)):
            whole = sum(rain["rr3"][parts - 1 - back : len(rain["rr3"]) - back] for back in range(parts))
            assert np.array_equal(rain[name][parts - 1 :], whole), name


def test_reported_extremes_enclose_the_window(years):
    for block in years.values():
        t = block.values["t"]
        for name, slots, outside in (
            ("tn12", 4, np.less_equal), ("tx12", 4, np.greater_equal),
            ("tn24", 8, np.less_equal), ("tx24", 8, np.greater_equal),
        ):  # fmt: skip
            for back in range(slots + 1):
                assert outside(block.values[name][slots:], t[slots - back : len(t) - back]).all(), name


def test_pressure_reduction_agrees_with_the_formula(years, network):
    altitude = np.array([s.altitude_m for s in network])
    kelvin = series(years, "t") / 10 + 273.15
    reduced = series(years, "pres") * (1 - 0.0065 * altitude / (kelvin + 0.0065 * altitude)) ** -5.257
    assert np.abs(reduced - series(years, "pmer")).max() < 10


def test_snow_falls_only_when_cold_and_fog_hides_the_sky(years):
    ww, t = series(years, "ww"), series(years, "t")
    assert (t[np.isin(ww, (71, 73, 75))] <= 10).all()
    fog = np.isin(ww, (45, 49))
    assert fog.any()
    assert (series(years, "vv")[fog] < 1000).all()
    assert (series(years, "n")[fog] == 101).all()
    assert (series(years, "hnuage1")[fog] == MISSING).all()
    assert (series(years, "rr1")[np.isin(ww, (61, 63, 65, 80, 81, 95, 97))] > 0).all()
    lying = series(years, "ht_neige")
    assert lying[:, :42].max() > 0
    assert lying.min() == 0


@pytest.mark.parametrize(
    ("identifier", "month", "celsius"),
    [("07149", 1, 5), ("07149", 7, 20.5), ("07110", 1, 7), ("07110", 7, 17), ("07650", 7, 25), ("07190", 1, 2),
     ("78925", 1, 25), ("81405", 7, 26.5), ("61998", 7, 2), ("89642", 7, -16)],
)  # fmt: skip
def test_monthly_means_are_plausible(network, identifier, month, celsius):
    one = [network[column(network, identifier)]]
    weather = Weather(SEED, one)
    mean = np.mean([weather.month(year, month).values["t"].mean() / 10 for year in range(2001, 2021)])
    # Twenty months of a standard deviation near 2 C: the mean is known to 0.5 C.
    assert mean == pytest.approx(celsius, abs=1.5)


def test_rain_is_plausible_and_the_mediterranean_summer_is_dry(years, network):
    yearly = np.maximum(series(years, "rr3"), 0).sum(axis=0) / 10 / len(YEARS)
    metropolitan = yearly[[s.is_metropolitan for s in network]]
    assert 550 < metropolitan.mean() < 950
    assert metropolitan.min() > 300
    assert metropolitan.max() < 1900
    assert yearly[column(network, "81405")] > 2000
    marseille = column(network, "07650")
    summer, autumn = (
        sum(np.maximum(series(years, "rr3", m)[:, marseille], 0).sum() for m in months)
        for months in ((6, 7, 8), (9, 10, 11))
    )
    assert summer < autumn / 2


def test_rain_clusters_in_time_and_between_neighbours(years, network):
    wet = series(years, "rr3") > 0
    orly, reims, fort_de_france = (column(network, i) for i in ("07149", "07072", "78925"))
    share = wet[:, orly].mean()
    after_wet = wet[1:, orly][wet[:-1, orly]].mean()
    assert after_wet > 2.5 * share
    day_later = wet[8:, orly][wet[:-8, orly]].mean()
    assert day_later > 1.3 * share
    beside = wet[:, reims][wet[:, orly]].mean()
    assert beside > 2 * wet[:, reims].mean()
    overseas = wet[:, fort_de_france]
    assert wet[:, orly][overseas].mean() == pytest.approx(share, rel=0.35)


def test_temperature_has_a_day_and_neighbours(years, network):
    orly, troyes = column(network, "07149"), column(network, "07168")
    july = series(years, "t", 7)[:, orly].reshape(-1, 8).mean(axis=0) / 10
    assert july.argmax() in (4, 5)
    assert july.argmin() in (1, 2)
    assert 5 < july.max() - july.min() < 12
    january = series(years, "t", 1)
    assert np.corrcoef(january[:, orly], january[:, troyes])[0, 1] > 0.8


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("year", [1999, 2020, 2025])
def test_planted_events_happen(network, seed, year):
    metropolitan = [s for s in network if s.is_metropolitan]
    weather = Weather(seed, metropolitan)
    for event in events_of_year(year):
        blocks = [weather.month(event.start.year, event.start.month)]
        if event.end.month != event.start.month:
            blocks.append(weather.month(event.end.year, event.end.month))
        inside = np.concatenate([b.slots for b in blocks])
        inside = (inside >= slot_of(event.start)) & (inside < slot_of(event.end))
        values = {
            name: np.concatenate([b.values[name] for b in blocks])[inside] for name in ("t", "rafper", "rr24", "pmer")
        }
        if event.kind == "storm":
            assert values["rafper"].max() > 280
            assert (values["rafper"].max(axis=0) > 200).sum() >= 8
            assert values["pmer"].min() < 100_200
            continue
        if event.kind == "mediterranean_rain":
            assert values["rr24"][:, column(tuple(metropolitan), "07643")].max() > 600
            continue
        national = values["t"].reshape(-1, 8, len(metropolitan)).mean(axis=(1, 2)) / 10
        if event.kind == "heat_wave":
            # The thresholds of the French national indicator, for the wave to be recognised.
            assert national.max() >= 25.3
            assert (national >= 23.4).sum() >= 3
        else:
            assert national.min() <= -2
            assert (national < 0.9).sum() >= 3


def test_another_calendar_plants_other_events(network):
    metropolitan = [s for s in network if s.is_metropolitan]
    wave = Event("heat_wave", dt.datetime(2020, 6, 10), dt.datetime(2020, 6, 20))
    with_wave = Weather(1, metropolitan, lambda year: (wave,) if year == 2020 else ())
    hot, plain = (w.month(2020, 6).values["t"] for w in (with_wave, Weather(1, metropolitan, no_events)))
    assert hot[88:136].mean() > plain[88:136].mean() + 30
    assert np.array_equal(hot[:72], plain[:72])
    with pytest.raises(ValueError, match="unknown event"):
        Event("tsunami", dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 2))
    with pytest.raises(ValueError, match="not after its start"):
        Event("storm", dt.datetime(2020, 1, 2), dt.datetime(2020, 1, 1))


def test_bad_requests_are_refused(network):
    with pytest.raises(ValueError, match="at least one station"):
        Weather(1, [])
    with pytest.raises(ValueError, match="not negative"):
        Weather(-1, network)
