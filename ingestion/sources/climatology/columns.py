"""The raw columns of the daily BASE files, in the order of Météo-France's field descriptions.

A value `rr` is followed by its quality code `qrr`. Values stay the provider's: degrees C, mm, m/s, hPa, minutes, J/cm2, cm, %,
and times as hhmm without leading zeros. Conversions are dbt staging's work.
"""

from ingestion.readers.archive import Layout
from ingestion.readers.reading import ALTITUDE, DATE, DOUBLE, LATITUDE, LONGITUDE, TEXT, since

RAIN_TEMPERATURE_WIND_VALUES = (
    "rr tn htn tx htx tm tntxm tampli tnsol tn50 dg ffm ff2m fxy dxy hxy fxi dxi hxi fxi2 dxi2 hxi2 fxi3s dxi3s hxi3s drr"
).split()
OTHER_VALUES = (
    "dhumec pmerm pmermin inst glot dift dirt infrart uv uv_indicex sigma un hun ux hux um dhumi40 dhumi80 tsvm etpmon etpgrille "
    "ecoulementm hneigef neigetotx neigetot06 neig brou orag gresil grele rosee verglas solneige gelee fumee brume eclair "
    "nb300 ba300 tmermin tmermax"
).split()

POST_DIGITS = 8
"""Digits of a post's number: five of its commune by INSEE, three of the post."""

_POST = {"num_poste": TEXT, "nom_usuel": TEXT, "lat": DOUBLE, "lon": DOUBLE, "alti": DOUBLE, "aaaammjj": DATE}
_ALIASES = {"hfxi3s": "hxi3s", "qhfxi3s": "qhxi3s"}  # as the hourly files name it


def _days(values: list[str]) -> Layout:
    return Layout(
        columns={**_POST, **{name: DOUBLE for value in values for name in (value, f"q{value}")}},
        keys=("num_poste", "aaaammjj"),
        aliases=_ALIASES,
        missing=("",),
        time_formats=("%Y%m%d",),
        # the oldest series begin in 1852, and dim_dates in 1850
        bounds={"lat": LATITUDE, "lon": LONGITUDE, "alti": ALTITUDE, "aaaammjj": since(1850)},
        past=("aaaammjj",),
        digits={"num_poste": POST_DIGITS},
    )


RAIN_TEMPERATURE_WIND = _days(RAIN_TEMPERATURE_WIND_VALUES)
OTHER_PARAMETERS = _days(OTHER_VALUES)

STATIONS = Layout(
    columns={
        "id_station": TEXT,
        "id_omm": TEXT,
        "nom_usuel": TEXT,
        "latitude": DOUBLE,
        "longitude": DOUBLE,
        "altitude": DOUBLE,
        "date_ouverture": DATE,
        "pack": TEXT,
    },
    keys=("id_station",),
    is_list=True,
    missing=("",),
    time_formats=("%Y-%m-%d",),
    bounds={"latitude": LATITUDE, "longitude": LONGITUDE, "altitude": ALTITUDE},
    digits={"id_station": POST_DIGITS},
)
