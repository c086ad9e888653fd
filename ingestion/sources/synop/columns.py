"""SYNOP's raw columns, and what each published layout calls them (weather-domain A2).

Values stay the provider's: kelvin, pascal, m/s, n in %, negative rain for a trace. Conversions are dbt staging's work.
"""

from ingestion.readers.archive import Layout
from ingestion.readers.reading import ALTITUDE, DATE, DOUBLE, LATITUDE, LONGITUDE, TEXT, TIME, WMO_DIGITS, since

_MEASURES = (
    "pmer tend cod_tend dd ff t td u vv ww w1 w2 n nbas hbas cl cm ch pres niv_bar geop tend24 tn12 tn24 tx12 tx24 tminsol sw tw "
    "raf10 rafper per etat_sol ht_neige ssfrai perssfrai rr1 rr3 rr6 rr12 rr24"
).split()
_CLOUD_LAYERS = [f"{name}{layer}" for layer in range(1, 5) for name in ("nnuage", "ctype", "hnuage")]
_SPECIAL_PHENOMENA = [f"phenspe{number}" for number in range(1, 5)]  # compound codes: text

OBSERVATIONS = Layout(
    columns={
        "geo_id_wmo": TEXT,  # '07510' keeps its zero
        "validity_time": TIME,
        "insert_time": TIME,
        "reference_time": TIME,
        "geo_id_wigos": TEXT,
        "name": TEXT,
        "lat": DOUBLE,
        "lon": DOUBLE,
        **dict.fromkeys(_MEASURES, DOUBLE),
        **dict.fromkeys(_SPECIAL_PHENOMENA, TEXT),
        **dict.fromkeys(_CLOUD_LAYERS, DOUBLE),
    },
    keys=("geo_id_wmo", "validity_time"),
    # the monthly layout, 1996 to 2025, names its keys differently
    aliases={"numer_sta": "geo_id_wmo", "date": "validity_time"},
    # the archives begin in 1996
    bounds={"lat": LATITUDE, "lon": LONGITUDE, "validity_time": since(1996)},
    past=("validity_time", "insert_time", "reference_time"),
    digits={"geo_id_wmo": WMO_DIGITS},
)

STATIONS = Layout(
    columns={"id": TEXT, "name": TEXT, "latitude": DOUBLE, "longitude": DOUBLE, "altitude": DOUBLE, "opened_on": DATE},
    keys=("id",),
    is_list=True,
    aliases={"nom": "name", "date_ouverture": "opened_on"},
    time_formats=("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y"),
    bounds={"latitude": LATITUDE, "longitude": LONGITUDE, "altitude": ALTITUDE},
    digits={"id": WMO_DIGITS},
)
