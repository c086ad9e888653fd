"""The page of a place's climate, and the services behind it."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import fixture_climate as made
import marts_fixture as fixture
import pandas as pd
import pytest
from apptest import LANGUAGES, Environment, address, metrics, run, sentences, sound

from climate import data as climate
from climate import events
from repository import DuckDBRepository
from shared import exports
from shared.translations import text
from shared.units import WIND_UNITS

KMH = WIND_UNITS["kmh"]

BORDEAUX = made.STATION


@pytest.fixture(scope="module")
def repository(published: Path) -> DuckDBRepository:
    return DuckDBRepository(published / "marts.duckdb")


@pytest.fixture(scope="module")
def months(repository: DuckDBRepository) -> pd.DataFrame:
    return repository.climate_months(BORDEAUX, "climat")


# --- services


def test_a_place_has_its_longest_source_first(repository: DuckDBRepository) -> None:
    found = climate.series(repository)
    longest = climate.longest(found)
    assert (longest.location_id, longest.source, longest.complete_month_count) == (BORDEAUX, "climat", 14 * 12 - 1)
    assert (longest.first, longest.last) == (date(2001, 1, 1), date(2015, 12, 1))


def test_a_year_counts_only_with_twelve_complete_months(months: pd.DataFrame) -> None:
    table = climate.years(months).set_index("year")
    assert list(table.index) == list(range(2001, 2016)), "the missing year has its place"
    assert table.at[2005, "temperature_month_count"] == 11
    assert table.at[made.MISSING_YEAR, "temperature_month_count"] == 0
    assert table["temperature_anomaly_c"].isna().sum() == table["temperature_mean_c"].isna().sum() == 2
    assert table.at[2015, "temperature_anomaly_c"] == pytest.approx(0.7)
    usual = sum(made.usual_temperature(month) for month in range(1, 13)) / 12
    assert table.at[2001, "temperature_mean_c"] == pytest.approx(usual - 0.7)
    assert table.at[2005, "precipitation_total_mm"] == 1200, "rain of that year is complete"
    assert table.at[2005, "precipitation_anomaly_pct"] == pytest.approx(25)
    assert table.at[2006, "precipitation_anomaly_pct"] == pytest.approx(-25)


def test_latest_month_and_extreme_years_stand_in_their_rank(months: pd.DataFrame) -> None:
    month = climate.latest_month(months)
    assert month is not None
    assert (month.on, month.rank, month.of) == (date(2015, 12, 1), 1, 14)
    assert month.anomaly == pytest.approx(0.7)
    table = climate.years(months)
    coldest, warmest = climate.extreme_year(table, largest=False), climate.extreme_year(table, largest=True)
    assert coldest is not None
    assert warmest is not None
    assert (coldest.on.year, warmest.on.year, warmest.of) == (2001, 2015, 13)


def test_nothing_complete_is_no_rank(months: pd.DataFrame) -> None:
    incomplete = months.assign(is_temperature_complete=False, temperature_mean_anomaly_c=float("nan"))
    assert climate.latest_month(incomplete) is None
    assert climate.extreme_year(climate.years(incomplete), largest=True) is None


def test_counts_by_year_tell_what_they_are_of(months: pd.DataFrame) -> None:
    table = climate.by_year(months, climate.MEASURES["hot_days"]).set_index("year")
    assert table.at[2004, "value"] == 20
    assert (table.at[2004, "day_count"], table.at[2004, "calendar_day_count"]) == (366, 366)
    assert table.at[2004, "is_complete"]
    assert not table.at[2005, "is_complete"]
    assert (table.at[2005, "value"], table.at[2005, "day_count"]) == (20, 353)
    assert pd.isna(table.at[made.MISSING_YEAR, "value"]), "a missing year is not a year without hot days"
    assert table.at[made.MISSING_YEAR, "month_count"] == 0
    heating = climate.by_year(months, climate.MEASURES["heating"])
    assert heating["value"].isna().all(), "what a source does not tell is null, not 0"


def test_days_are_unknown_where_a_month_does_not_count_them(months: pd.DataFrame) -> None:
    uncounted = months.copy()
    uncounted.loc[uncounted["month_start_date"] == "2004-06-01", "temperature_day_count"] = pd.NA
    table = climate.by_year(uncounted, climate.MEASURES["hot_days"]).set_index("year")
    assert pd.isna(table.at[2004, "day_count"])
    assert table.at[2004, "month_count"] == 12


def test_references_by_years_then_standard() -> None:
    normals = pd.DataFrame(
        {
            "reference_period": ["1991-2020", "available 1991-2020", "available 1880-2020"],
            "year_count": [30, 30, 90],
            "is_standard_normal": [True, False, False],
        }
    )
    assert climate.references(normals) == ["available 1880-2020", "1991-2020", "available 1991-2020"]
    assert climate.reference_name("en", "1991-2020") == "normal 1991-2020"
    assert climate.reference_name("fr", "available 1880-2020") == "moyenne des années 1880-2020"


def test_months_missing_from_the_marts_have_their_place(months: pd.DataFrame) -> None:
    calendar = climate.on_calendar(months)
    assert len(calendar) == 15 * 12
    missing = calendar["month_start_date"].dt.year == made.MISSING_YEAR
    assert calendar.loc[missing, "temperature_mean_c"].isna().all()


def test_the_days_around_an_event(repository: DuckDBRepository) -> None:
    national = next(iter(events.events_of(repository.weather_events(None), KMH).values()))
    days = events.days_around(repository, national)
    assert len(days) == 8 + 2 * events.DAYS_AROUND
    assert list(days.loc[days["is_event"], "value"].unique()) == [26.0]
    assert set(days["station_count"]) == {made.INDICATOR_STATIONS}
    place = next(iter(events.events_of(repository.weather_events(BORDEAUX), KMH).values()))
    days = events.days_around(repository, place)
    assert days["value"].notna().all()
    assert days.loc[days["is_event"], "weather_date"].dt.date.tolist()[0] == made.FROST[0]
    assert "may have ended later" in events.edges("en", place)
    assert events.edges("en", national) == ""


def test_storms_and_records_of_gusts_are_in_the_readers_unit() -> None:
    storm = pd.DataFrame({"unit": ["m/s", "degC"], "peak_value": [30.0, 36.0], "cumulative_excess": [2.5, 4.0]})
    assert list(events.in_unit(storm, KMH)["unit"]) == ["km/h", "degC"]
    assert list(events.in_unit(storm, KMH)["peak_value"]) == [108.0, 36.0]
    records = pd.DataFrame(
        {
            "element": ["highest_wind_gust_ms", "highest_temperature_max_c"],
            "record_value": [40.0, 41.0],
            "previous_value": [None, 40.0],
        }
    )
    written = climate.records_in_unit(records, KMH)
    assert list(written["element"]) == ["highest_wind_gust_kmh", "highest_temperature_max_c"]
    assert list(written["record_value"]) == [144.0, 41.0]


def test_rules_say_the_thresholds_of_the_seed() -> None:
    seed = fixture.ROOT / "dbt_project" / "seeds" / "event_thresholds.csv"
    with seed.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["role"] in ("core", "peak", "exit", "end")]
    assert {row["threshold_name"] for row in rows} == {rule for rules in events.RULES.values() for rule in rules}
    for row in rows:
        for language in ("en", "fr"):
            said = text(language, f"rule_{row['threshold_name']}").replace("\u2212", "-").replace(",", ".")
            numbers = {float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", said)}
            assert float(row["value"]) in numbers, (row, said)
            if row["role"] == "core" and int(row["day_count"]) > 1:
                assert float(row["day_count"]) in numbers, (row, said)


def test_records_are_those_of_the_marts() -> None:
    macro = (fixture.ROOT / "dbt_project" / "macros" / "records.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"'element': '(\w+)'", macro)) == set(climate.RECORD_UNITS)


def test_files_hold_the_rows_shown(repository: DuckDBRepository) -> None:
    rows = exports.as_read(repository.weather_records(BORDEAUX, "climat"), KMH)
    from_csv = pd.read_csv(io.BytesIO(exports.as_csv(rows)))
    from_parquet = pd.read_parquet(io.BytesIO(exports.as_parquet(rows)))
    assert list(from_csv.columns) == list(from_parquet.columns) == list(rows.columns)
    assert from_csv["recorded_date"].iloc[0] == str(from_parquet["recorded_date"].iloc[0]) == "2001-01-01"
    assert list(from_csv["record_value"]) == list(rows["record_value"])


# --- page


def test_it_opens_on_the_longest_series_with_its_stripes(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("climate", lang="en"))
    assert address(app, "station") == BORDEAUX
    said = sentences(app)
    assert "Each year's mean temperature against the average of the years 2001-2015" in said
    assert text("en", "stripes_basis", complete=13, total=15) in said
    shown = metrics(app)
    assert shown["Mean of Dec 2015"] == ("6.8\u00a0°C", "+0.7\u00a0°C; rank 1 of 14")
    assert shown["Complete years"] == ("13", "of 15, 2001 to 2015")
    assert shown["Warmest year: 2015"][1] == "+0.7\u00a0°C; of 13 complete"
    assert "13 to 14 years of complete months for temperature" in said
    assert text("en", "normals_young") not in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", climate.VIEWS)
def test_every_view(published: Path, environment: Environment, view: str, language: str) -> None:
    environment(published)
    app = sound(run("climate", lang=language, station=BORDEAUX, view=view))
    assert address(app, "view") == view
    charts = app.get("vega_lite_chart")
    assert len(charts) >= 2, "the stripes and the view's own"
    assert all("Bordeaux-Mérignac" in chart.proto.alt for chart in charts)


@pytest.mark.parametrize("measure", climate.MEASURES)
def test_every_count_by_year(published: Path, environment: Environment, measure: str) -> None:
    environment(published)
    app = sound(run("climate", "shown", lang="en", station=BORDEAUX, view="days", measure=measure))
    said = sentences(app)
    if measure in ("heating", "cooling"):
        assert text("en", "state_no_measure_by_year", place="Bordeaux-Mérignac") in said
    else:
        table = app.dataframe[0].value
        assert len(table) == 15
        sample = table.set_index("Year")["Data"]
        assert sample["2005"] == ("365 of 365 days" if measure == "rainy_days" else "353 of 365 days")
        assert sample[str(made.MISSING_YEAR)] == "0 of 12 months"


def test_anomalies_of_rain(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("climate", "shown", lang="fr", station=BORDEAUX, view="anomalies", element="precipitation"))
    assert "pluie en % au-dessus ou au-dessous de la moyenne des années 2001-2015" in sentences(app)
    table = app.dataframe[0].value
    assert len(table) == 15 * 12
    assert table["Écart (%)"].notna().sum() == 14 * 12


def test_records_say_what_is_a_bound(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("climate", lang="en", station=BORDEAUX, view="records"))
    first = app.dataframe[0].value.iloc[0]
    assert (first["Value"], first["Date"]) == ("≥ 40.7\u00a0°C", "18 Aug 2012")
    assert (first["Before"], first["Set on"], first["Since"], first["Years"]) == (
        "40.1\u00a0°C",
        "4 Aug 2003",
        "2001",
        14,
    )
    app.selectbox(key="address_season").set_value("2").run()
    assert address(sound(app), "season") == "2"
    assert list(app.dataframe[0].value["Record"]) == ["Lowest minimum"]
    app.selectbox(key="address_season").set_value("5").run()
    assert text("en", "state_no_records", place="Bordeaux-Mérignac") in sentences(sound(app))


def test_an_event_opens_on_its_period(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("climate", lang="en", station=BORDEAUX, view="events"))
    event = f"frost_spell:{BORDEAUX}:{made.FROST[0]}"
    assert address(app, "event") == event
    assert text("en", "event_end_uncertain") in sentences(app)
    link = next(link for link in app.get("page_link") if link.proto.label == text("en", "event_open"))
    for part in ("from=2026-11-02", "to=2026-11-08", "period=custom", "station=wmo%3A07510", "source=synop"):
        assert part in link.proto.query_string
    place = sound(
        run(
            "place",
            "shown",
            lang="en",
            station=BORDEAUX,
            source="synop",
            period="custom",
            **{"from": "2026-11-02", "to": "2026-11-08"},
        )
    )
    assert len(place.dataframe[0].value) == 7


def test_an_event_chosen_in_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    event = f"heavy_rain:{BORDEAUX}:{made.RAIN}"
    app = sound(run("climate", lang="fr", station=BORDEAUX, view="events", event=event))
    assert address(app, "event") == event
    assert "Pluie du jour, mm, de l'événement (foncé) et des jours voisins" in sentences(app)
    app.selectbox(key="address_event").set_value(f"frost_spell:{BORDEAUX}:{made.FROST[0]}").run()
    assert "Minimum du jour" in sentences(sound(app))


def test_national_events_name_their_stations(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("climate", lang="fr", view="events", scope="national")))
    assert "23 de ses 24 stations" in said
    assert "propre à Isobar" in said


def test_parameters_of_another_view_leave_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("climate", lang="en", station=BORDEAUX, view="events", scope="national"))
    app.segmented_control(key="address_view").set_value("normals").run()
    assert not {"scope", "event"} & set(sound(app).query_params)


def test_a_young_series_says_what_it_lacks(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("climate", lang="en", station=made.YOUNG_STATION)))
    assert text("en", "state_no_reference", place="Lille-Lesquin", n=0) in said
    assert text("en", "state_no_normals", place="Lille-Lesquin") in said
    said = sentences(sound(run("climate", lang="fr", station=made.YOUNG_STATION, view="anomalies")))
    assert text("fr", "state_no_anomaly", place="Lille-Lesquin") in said
    said = sentences(sound(run("climate", lang="fr", station=made.YOUNG_STATION, view="days")))
    assert text("fr", "by_year_none_complete") in said
    said = sentences(sound(run("climate", lang="fr", station=made.YOUNG_STATION, view="events")))
    assert text("fr", "state_no_events_place", place="Lille-Lesquin") in said


def test_an_unknown_place_is_said_and_another_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("climate", lang="en", station="wmo:00000"))
    assert text("en", "state_unknown_station", station="wmo:00000") in sentences(app)
    assert address(app, "station") == BORDEAUX


def test_no_climate_published(tmp_path: Path, environment: Environment) -> None:
    weather = fixture.weather()
    for table in ("fct_monthly_climate", "fct_climate_anomalies", "dim_climate_normals"):
        weather.tables[table] = []
    fixture.publish(tmp_path, made=weather, publication_id="pub-no-climate")
    environment(tmp_path)
    assert text("fr", "state_no_climate") in sentences(sound(run("climate", lang="fr")))
