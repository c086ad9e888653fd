"""The stations: the 62 that Meteo-France published as SYNOP until 2024, then as many invented ones as wanted.

Positions are rounded to a hundredth of a degree and climates are rounded normals, both from general knowledge: good enough for
weather that looks right, no substitute for the provider's list. Invented stations are named by Faker, stand at random places
of metropolitan France and take their climate from a regression over the real ones. Their order is fixed: the first *n*
stations are the same whatever *n*.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from faker import Faker


@dataclass(frozen=True, slots=True)
class Regime:
    """How rain is spread over the year and how the wind blows, for a family of climates.

    ``rain_swing`` is the relative amplitude of a yearly cosine that peaks on day ``rain_peak_day``; ``rain_intensity_mm`` the
    mean amount of a wet 3-hour slot; ``prevailing_deg`` where the steady part of the wind comes from and ``steadiness`` its
    share of the mean speed; ``mean_pressure_hpa`` at sea level; ``dew_point_depression_c`` the daily mean of winter, of summer.
    """

    rain_swing: float
    rain_peak_day: int
    rain_intensity_mm: float
    prevailing_deg: float
    steadiness: float
    mean_pressure_hpa: float
    dew_point_depression_c: tuple[float, float]
    cloudiness: tuple[float, float]


#: ``cloudiness`` is the logit of the mean cover in winter and in summer.
REGIMES = {
    "oceanic": Regime(0.28, 335, 1.30, 240, 0.30, 1016.5, (2.3, 4.3), (0.9, 0.2)),
    "plains": Regime(0.10, 290, 1.35, 235, 0.25, 1017.0, (2.4, 5.6), (1.0, 0.0)),
    "continental": Regime(0.22, 190, 1.45, 225, 0.20, 1017.5, (2.6, 6.0), (1.0, 0.0)),
    "south_west": Regime(0.15, 350, 1.55, 280, 0.20, 1018.0, (2.7, 5.8), (0.6, -0.2)),
    "mediterranean": Regime(0.60, 300, 3.00, 330, 0.35, 1016.0, (5.2, 7.2), (-0.3, -1.5)),
    "antilles": Regime(0.45, 275, 2.20, 80, 0.80, 1015.0, (4.2, 4.2), (-0.2, 0.2)),
    "guiana": Regime(0.65, 130, 3.20, 70, 0.60, 1012.5, (2.4, 2.8), (0.8, 0.3)),
    "south_tropics": Regime(0.75, 35, 2.40, 120, 0.75, 1014.5, (4.2, 4.8), (0.2, -0.4)),
    "southern_ocean": Regime(0.08, 190, 1.30, 290, 0.50, 1009.0, (3.2, 3.4), (1.0, 1.0)),
    "newfoundland": Regime(0.12, 320, 1.60, 260, 0.25, 1012.5, (3.0, 2.0), (1.0, 0.8)),
    "antarctic": Regime(0.20, 170, 0.80, 120, 0.70, 988.0, (6.0, 5.5), (0.2, 0.4)),
}


@dataclass(frozen=True, slots=True)
class Station:
    """A place that reports. Temperatures are monthly means in degrees C, ``diurnal_range_c`` the mean of Tx - Tn over the
    year, ``rain_mm`` the yearly total, ``wind_ms`` the mean speed at 10 m."""

    id: str
    name: str
    latitude: float
    longitude: float
    altitude_m: int
    january_c: float
    july_c: float
    diurnal_range_c: float
    rain_mm: float
    wind_ms: float
    regime: str
    opened_on: dt.date

    @property
    def wigos_id(self) -> str:
        """The WIGOS identifier of a station with a WMO number (series 0, issuer 20000)."""
        return f"0-20000-0-{self.id}"

    @property
    def is_metropolitan(self) -> bool:
        return 41 < self.latitude < 52 and -6 < self.longitude < 10


# id, name, latitude, longitude, altitude (m), January and July means (C), diurnal range (C), rain (mm a year), wind (m/s), regime
_TABLE = """
07005|ABBEVILLE|50.14|1.83|69|4.2|17.8|7.5|780|4.8|oceanic
07015|LILLE-LESQUIN|50.57|3.10|47|3.9|18.9|8.0|740|4.3|plains
07020|PTE DE LA HAGUE|49.73|-1.94|6|7.2|16.3|4.0|740|7.5|oceanic
07027|CAEN-CARPIQUET|49.18|-0.46|67|5.4|18.0|8.0|740|4.5|oceanic
07037|ROUEN-BOOS|49.38|1.18|151|4.0|17.8|8.0|850|4.2|oceanic
07072|REIMS-PRUNAY|49.21|4.16|95|3.3|19.2|10.0|620|3.6|plains
07110|BREST-GUIPAVAS|48.44|-4.41|94|6.8|16.9|6.5|1220|4.7|oceanic
07117|PLOUMANAC'H|48.83|-3.47|55|7.4|17.0|5.0|870|5.5|oceanic
07130|RENNES-ST JACQUES|48.07|-1.73|36|5.9|19.3|9.0|690|3.6|oceanic
07139|ALENCON|48.45|0.11|143|4.5|18.6|9.5|750|3.3|oceanic
07149|ORLY|48.72|2.38|89|4.5|20.3|9.0|620|3.9|plains
07168|TROYES-BARBEREY|48.32|4.02|112|3.5|19.6|10.5|640|3.4|plains
07181|NANCY-OCHEY|48.58|5.96|336|1.9|18.9|9.5|760|3.4|continental
07190|STRASBOURG-ENTZHEIM|48.55|7.64|150|2.0|20.4|10.0|660|2.7|continental
07207|BELLE ILE-LE TALUT|47.29|-3.22|34|7.9|18.2|5.0|700|5.8|oceanic
07222|NANTES-BOUGUENAIS|47.15|-1.61|26|6.3|20.0|9.0|820|4.0|oceanic
07240|TOURS|47.44|0.73|108|4.9|20.2|9.5|700|3.7|plains
07255|BOURGES|47.06|2.36|161|4.3|20.6|10.0|740|3.6|plains
07280|DIJON-LONGVIC|47.27|5.09|219|2.5|20.9|10.0|760|3.2|continental
07299|BALE-MULHOUSE|47.61|7.51|263|2.0|20.3|10.0|770|2.6|continental
07314|PTE DE CHASSIRON|46.05|-1.41|11|7.4|20.2|5.0|730|6.2|oceanic
07335|POITIERS-BIARD|46.59|0.31|123|5.0|20.0|10.0|690|3.6|plains
07434|LIMOGES-BELLEGARDE|45.86|1.18|402|4.3|18.9|8.5|1020|3.6|oceanic
07460|CLERMONT-FD|45.79|3.15|331|3.8|20.7|11.0|570|2.8|continental
07471|LE PUY-LOUDES|45.07|3.76|833|0.9|17.6|11.0|700|3.5|continental
07481|LYON-ST EXUPERY|45.73|5.08|235|3.4|21.7|10.0|830|3.4|continental
07510|BORDEAUX-MERIGNAC|44.83|-0.69|47|6.8|21.4|10.0|940|3.3|south_west
07535|GOURDON|44.75|1.40|260|5.3|21.0|10.0|840|2.8|south_west
07558|MILLAU|44.12|3.02|712|3.7|20.0|9.5|730|4.5|south_west
07577|MONTELIMAR|44.58|4.73|73|5.0|23.7|10.0|890|4.2|mediterranean
07591|EMBRUN|44.57|6.50|871|1.8|20.3|12.0|730|2.0|south_west
07607|MONT-DE-MARSAN|43.91|-0.50|59|6.4|21.2|11.0|900|2.6|south_west
07621|TARBES-OSSUN|43.19|0.00|360|5.6|19.9|10.0|1060|2.4|south_west
07627|ST GIRONS|43.01|1.11|414|5.1|19.6|11.5|960|1.9|south_west
07630|TOULOUSE-BLAGNAC|43.62|1.38|151|6.2|22.2|10.0|630|4.0|south_west
07643|MONTPELLIER|43.58|3.96|2|7.6|24.2|10.0|630|3.7|mediterranean
07650|MARIGNANE|43.44|5.22|9|7.5|25.0|9.5|530|4.7|mediterranean
07661|CAP CEPET|43.08|5.94|115|9.4|23.6|5.5|600|6.5|mediterranean
07690|NICE|43.65|7.21|2|9.4|23.9|7.5|740|3.4|mediterranean
07747|PERPIGNAN|42.74|2.87|42|8.7|24.5|9.0|580|5.0|mediterranean
07761|AJACCIO|41.92|8.79|5|9.2|23.2|11.0|620|3.0|mediterranean
07790|BASTIA|42.54|9.49|10|9.6|24.6|8.5|800|3.0|mediterranean
61968|GLORIEUSES|-11.58|47.29|3|28.0|25.0|4.0|1000|6.0|south_tropics
61970|JUAN DE NOVA|-17.05|42.71|9|28.3|24.3|5.0|1000|5.5|south_tropics
61972|EUROPA|-22.34|40.34|6|27.8|22.4|5.0|600|6.0|south_tropics
61976|TROMELIN|-15.89|54.52|7|27.9|24.2|4.0|1000|7.0|south_tropics
61980|GILLOT-AEROPORT|-20.89|55.53|8|26.6|21.5|6.0|1700|5.0|south_tropics
61996|NOUVELLE AMSTERDAM|-37.80|77.57|27|17.0|11.3|5.0|1110|7.5|southern_ocean
61997|CROZET|-46.43|51.86|146|8.0|3.2|4.5|2300|11.0|southern_ocean
61998|KERGUELEN|-49.35|70.24|29|7.7|2.2|5.5|750|9.8|southern_ocean
67005|PAMANDZI|-12.81|45.28|7|27.9|24.8|6.0|1240|4.0|south_tropics
71805|ST-PIERRE|46.77|-56.18|21|-3.0|14.0|5.0|1350|8.0|newfoundland
78890|LA DESIRADE METEO|16.34|-61.00|27|25.2|28.0|4.0|1150|7.0|antilles
78894|ST-BARTHELEMY METEO|17.90|-62.85|44|25.3|28.2|4.5|1000|5.5|antilles
78897|LE RAIZET AERO|16.26|-61.52|11|24.4|27.5|7.0|1700|4.0|antilles
78922|TRINITE-CARAVEL|14.77|-60.88|26|25.2|27.7|4.0|1350|6.0|antilles
78925|LAMENTIN-AERO|14.60|-61.00|3|25.0|27.8|7.0|2000|4.0|antilles
81401|SAINT LAURENT|5.49|-54.03|5|26.0|26.8|8.0|2500|2.0|guiana
81405|CAYENNE-MATOURY|4.82|-52.37|4|26.0|26.6|7.5|3400|2.8|guiana
81408|SAINT GEORGES|3.89|-51.80|6|25.8|26.3|9.0|3200|1.5|guiana
81415|MARIPASOULA|3.64|-54.03|106|26.0|26.7|9.5|2300|1.5|guiana
89642|DUMONT D'URVILLE|-66.66|140.00|43|-0.9|-16.5|5.5|300|9.5|antarctic
"""

#: A rough outline of mainland France (longitude, latitude), inside which invented stations are put.
_OUTLINE = (
    (-4.6, 48.4), (-1.6, 48.7), (-1.2, 49.6), (1.6, 50.8), (2.6, 50.9), (4.9, 49.8), (8.0, 48.9), (7.5, 47.6),
    (6.1, 46.4), (6.9, 45.8), (6.9, 44.3), (7.4, 43.8), (6.2, 43.2), (3.9, 43.5), (3.0, 42.5), (0.6, 42.9),
    (-1.5, 43.4), (-1.2, 45.8), (-2.2, 47.2), (-4.2, 47.9),
)  # fmt: skip
#: Blocks of WMO numbers for invented stations: France's own first, then blocks that no network of the catalogue uses.
_INVENTED_BLOCKS = ("07", "05", "90", "91", "92", "93", "97", "99")
#: Faker and the places come from a seed of their own: the catalogue is the same for every seed of the weather.
_CATALOGUE_SEED = 7150


@functools.cache
def published_stations() -> tuple[Station, ...]:
    """The 62 stations of the monthly archives, in the order of their numbers (the order of the rows in the files)."""
    rows = (line.split("|") for line in _TABLE.strip().splitlines())
    return tuple(
        Station(
            id=number, name=name, latitude=float(lat), longitude=float(lon), altitude_m=int(alt), january_c=float(january),
            july_c=float(july), diurnal_range_c=float(swing), rain_mm=float(rain), wind_ms=float(wind), regime=regime,
            opened_on=_opening_date(number),
        )
        for number, name, lat, lon, alt, january, july, swing, rain, wind, regime in rows
    )  # fmt: skip


def _opening_date(number: str) -> dt.date:
    """A plausible opening date: first of a month between 1921 and 1990, from the identifier alone."""
    months = zlib.crc32(number.encode()) % (70 * 12)
    return dt.date(1921 + months // 12, 1 + months % 12, 1)


def station_at(
    identifier: str, name: str, latitude: float, longitude: float, altitude_m: int, rain_noise: float = 0.0
) -> Station:
    """A station anywhere in metropolitan France, its climate estimated from position and altitude.

    The temperatures come from a regression over the catalogue: the mean falls with latitude and by 5.5 C per km, winters get
    colder and the diurnal range wider away from the Atlantic, and the Mediterranean coast is warmer. ``rain_noise`` (standard
    deviations) spreads the rain of neighbours.
    """
    inland = float(np.clip((longitude + 4.5) / 9.0, 0, 1))
    southern = float(np.clip((44.9 - latitude) / 1.3, 0, 1) * np.clip((longitude - 2.0) / 1.5, 0, 1))
    height_km = altitude_m / 1000
    if southern > 0.45 and altitude_m < 500:
        regime = "mediterranean"
    elif latitude < 45.3 and longitude < 4.5:
        regime = "south_west"
    elif inland < 0.55:
        regime = "oceanic"
    else:
        regime = "plains" if longitude < 4.7 else "continental"
    rain = 690 + 260 * height_km + 110 * max(0.0, 0.35 - inland) / 0.35 - 90 * southern + 70 * rain_noise
    return Station(
        id=identifier, name=name, latitude=latitude, longitude=longitude, altitude_m=altitude_m,
        january_c=round(8.5 - 0.25 * (latitude - 46.5) - 4.2 * inland - 4.2 * height_km + 3.0 * southern, 1),
        july_c=round(19.9 - 0.65 * (latitude - 46.5) + 1.5 * inland - 5.5 * height_km + 1.4 * southern, 1),
        diurnal_range_c=round(6.5 + 4.0 * inland + 1.0 * height_km, 1), rain_mm=round(max(rain, 420.0)),
        wind_ms=round(4.9 - 1.6 * inland + 0.9 * southern, 1), regime=regime, opened_on=_opening_date(identifier),
    )  # fmt: skip


def _inside(longitude: float, latitude: float) -> bool:
    """Even-odd rule against the outline."""
    inside = False
    for (x1, y1), (x2, y2) in zip(_OUTLINE, _OUTLINE[1:] + _OUTLINE[:1], strict=True):
        if (y1 > latitude) != (y2 > latitude) and longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _altitude(longitude: float, latitude: float, roughness: float) -> int:
    """Metres: low plains, with the Massif Central, the Alps, the Pyrenees and the Jura as smooth hills."""
    hills = ((2.9, 45.1, 1.3, 800), (6.6, 45.2, 1.0, 1100), (0.6, 42.8, 0.7, 900), (6.3, 46.8, 0.7, 600))
    relief = sum(
        top * np.exp(-(((longitude - x) * 0.7 / width) ** 2) - ((latitude - y) / width) ** 2)
        for x, y, width, top in hills
    )
    return int(20 + (130 + relief) * roughness)


@functools.lru_cache(maxsize=8)
def stations(count: int = 62) -> tuple[Station, ...]:
    """The first ``count`` stations, sorted by identifier as the provider's rows are.

    Raises ``ValueError`` below 1 and above the number of free identifiers (about 7,900).
    """
    real = published_stations()
    if count < 1:
        raise ValueError(f"{count} stations: at least one is needed")
    if count <= len(real):
        return real[:count]
    taken = {station.id for station in real}
    rng = np.random.Generator(np.random.Philox(_CATALOGUE_SEED))
    free = [f"{block}{number:03d}" for block in _INVENTED_BLOCKS for number in rng.permutation(1000)]
    free = [identifier for identifier in free if identifier not in taken]
    wanted = count - len(real)
    if wanted > len(free):
        raise ValueError(f"{count} stations: at most {len(real) + len(free)} have an identifier")
    namer = Faker("fr_FR")
    namer.seed_instance(_CATALOGUE_SEED)
    names = {station.name for station in real}
    invented = []
    for identifier in free[:wanted]:
        longitude, latitude = rng.uniform(-4.6, 8.0), rng.uniform(42.5, 50.9)
        while not _inside(longitude, latitude):
            longitude, latitude = rng.uniform(-4.6, 8.0), rng.uniform(42.5, 50.9)
        name = _ascii_upper(namer.city())
        if name in names:
            # Faker repeats itself after some hundred towns; the number keeps names apart.
            name = f"{name} {identifier}"
        names.add(name)
        altitude = _altitude(longitude, latitude, rng.uniform(0.1, 1.4))
        invented.append(
            station_at(
                identifier, name, round(latitude, 2), round(longitude, 2), altitude, float(rng.standard_normal())
            )
        )
    return tuple(sorted((*real, *invented), key=lambda station: station.id))


def _ascii_upper(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "OE"))
    return decomposed.encode("ascii", "ignore").decode().upper()


def station_list_csv(chosen: Iterable[Station]) -> bytes:
    """``postesSynop.csv``: ID;Nom;Latitude;Longitude;Altitude, six decimals, metres."""
    lines = ["ID;Nom;Latitude;Longitude;Altitude"]
    lines += [f"{s.id};{s.name};{s.latitude:.6f};{s.longitude:.6f};{s.altitude_m}" for s in chosen]
    return ("\n".join(lines) + "\n").encode("ascii")


def station_list_geojson(chosen: Iterable[Station]) -> bytes:
    """``postes_synop.geojson``: a point per station with Id, Altitude, Date_ouverture (ISO date) and name."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [s.longitude, s.latitude]},
            "properties": {
                "Id": s.id,
                "Altitude": s.altitude_m,
                "Date_ouverture": s.opened_on.isoformat(),
                "name": s.name,
            },
        }
        for s in chosen
    ]
    return (json.dumps({"type": "FeatureCollection", "features": features}, indent=1) + "\n").encode("ascii")
