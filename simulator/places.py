"""Places in the world: cities with their OpenWeather ids, and the station whose weather a pair of coordinates has.

Positions, altitudes, populations and normals are rounded from general knowledge. Inside the box of metropolitan France (see
:attr:`simulator.stations.Station.is_metropolitan`) a place's climate comes from the regression of
:func:`simulator.stations.station_at`; elsewhere it is that of the nearest known place, moved to the coordinates.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import unicodedata
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from simulator.stations import Station, published_stations, station_at

_EARTH_RADIUS_KM = 6371.0
#: A request this near to a published station is answered with that station's own weather.
_STATION_RADIUS_KM = 2.0
#: OpenWeather names the nearest entry of its city list; beyond this it has no name for a place.
CITY_RADIUS_KM = 40.0
_NOT_OPENED = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class City:
    """A row of the city list; ``id`` is OpenWeather's (GeoNames's), ``zone`` an IANA name, ``name_fr`` the French one.
    ``climate`` is a station with the city's normals, None where the regression over France serves."""

    id: int
    name: str
    name_fr: str
    country: str
    state: str
    latitude: float
    longitude: float
    altitude_m: int
    population: int
    zone: str
    climate: Station | None


@dataclass(frozen=True, slots=True)
class Place:
    """What stands behind a pair of coordinates: a station for the weather and, if there is one nearby, a city."""

    latitude: float
    longitude: float
    city: City | None
    station: Station

    def utc_offset_s(self, moment: dt.datetime) -> int:
        """Seconds east of UTC at ``moment`` (UTC without zone): the city's legal time, at sea the nearest whole hour."""
        if self.city is None:
            return round(self.longitude / 15) * 3600
        local = moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(self.city.zone))
        offset = local.utcoffset() or dt.timedelta()
        return int(offset.total_seconds())

    @property
    def urban(self) -> float:
        """How much city there is: 0 on open land, 1 for a million people, 1.5 for thirty."""
        people = self.city.population if self.city else 0
        return min(1.5, max(0.0, (math.log10(max(people, 1)) - 3) / 3))


# id, name, French name, country, state, latitude, longitude, altitude (m), population, zone, and outside metropolitan France
# January and July means (C), diurnal range (C), rain (mm a year), wind (m/s), regime
_TABLE = """
2988507|Paris||FR|Ile-de-France|48.8534|2.3488|42|2138551|Europe/Paris
2996944|Lyon||FR|Auvergne-Rhône-Alpes|45.7485|4.8467|173|522969|Europe/Paris
2995469|Marseille||FR|Provence-Alpes-Côte d'Azur|43.2970|5.3811|28|870731|Europe/Paris
2972315|Toulouse||FR|Occitania|43.6043|1.4437|150|493465|Europe/Paris
2990440|Nice||FR|Provence-Alpes-Côte d'Azur|43.7031|7.2661|25|342669|Europe/Paris
2990969|Nantes||FR|Pays de la Loire|47.2173|-1.5534|20|318808|Europe/Paris
2973783|Strasbourg||FR|Grand Est|48.5839|7.7455|143|290576|Europe/Paris
2992166|Montpellier||FR|Occitania|43.6109|3.8772|42|302454|Europe/Paris
3031582|Bordeaux||FR|Nouvelle-Aquitaine|44.8404|-0.5805|16|260958|Europe/Paris
2998324|Lille||FR|Hauts-de-France|50.6330|3.0586|27|236234|Europe/Paris
2983990|Rennes||FR|Brittany|48.1113|-1.6743|38|220488|Europe/Paris
2984114|Reims||FR|Grand Est|49.2653|4.0286|86|182460|Europe/Paris
3003796|Le Havre||FR|Normandy|49.4938|0.1077|11|172807|Europe/Paris
2980291|Saint-Étienne||FR|Auvergne-Rhône-Alpes|45.4339|4.3900|519|174082|Europe/Paris
2972328|Toulon||FR|Provence-Alpes-Côte d'Azur|43.1244|5.9284|16|178549|Europe/Paris
3014728|Grenoble||FR|Auvergne-Rhône-Alpes|45.1667|5.7167|212|158552|Europe/Paris
3021372|Dijon||FR|Bourgogne-Franche-Comté|47.3167|5.0167|250|158002|Europe/Paris
3030300|Brest||FR|Brittany|48.3903|-4.4863|35|140993|Europe/Paris
3024635|Clermont-Ferrand||FR|Auvergne-Rhône-Alpes|45.7797|3.0863|377|147327|Europe/Paris
2987914|Perpignan||FR|Occitania|42.6976|2.8954|33|121934|Europe/Paris
3038334|Ajaccio||FR|Corsica|41.9192|8.7387|14|68265|Europe/Paris
2998286|Limoges||FR|Nouvelle-Aquitaine|45.8315|1.2578|293|138882|Europe/Paris
2972191|Tours||FR|Centre-Val de Loire|47.3833|0.6833|60|138323|Europe/Paris
3029241|Caen||FR|Normandy|49.1859|-0.3591|15|108200|Europe/Paris
2994160|Metz||FR|Grand Est|49.1191|6.1727|178|123914|Europe/Paris
3033123|Besançon||FR|Bourgogne-Franche-Comté|47.2488|6.0182|255|115879|Europe/Paris
2982652|Rouen||FR|Normandy|49.4431|1.0993|20|112787|Europe/Paris
3037656|Angers||FR|Pays de la Loire|47.4667|-0.5500|30|168279|Europe/Paris
3027422|Chamonix-Mont-Blanc||FR|Auvergne-Rhône-Alpes|45.9237|6.8694|1035|9830|Europe/Paris
2643743|London|Londres|GB|England|51.5085|-0.1257|25|8961989|Europe/London
2800866|Brussels|Bruxelles|BE|Brussels Capital|50.8505|4.3488|28|1019022|Europe/Brussels
2660646|Geneva|Genève|CH|Geneva|46.2022|6.1457|375|183981|Europe/Zurich
2657896|Zurich||CH|Zurich|47.3667|8.5500|408|341730|Europe/Zurich
3173435|Milan||IT|Lombardy|45.4643|9.1895|122|1371498|Europe/Rome
3128760|Barcelona|Barcelone|ES|Catalonia|41.3888|2.1590|12|1620343|Europe/Madrid
2759794|Amsterdam||NL|North Holland|52.3740|4.8897|2|741636|Europe/Amsterdam|3.7|18.0|7.0|850|5.0|oceanic
2950159|Berlin||DE|Land Berlin|52.5244|13.4105|34|3426354|Europe/Berlin|1.0|19.6|9.0|580|3.8|continental
3117735|Madrid||ES|Community of Madrid|40.4165|-3.7026|657|3255944|Europe/Madrid|6.4|25.8|12.0|430|2.8|mediterranean
3169070|Rome||IT|Lazio|41.8947|12.4839|52|2318895|Europe/Rome|7.8|25.6|11.0|800|3.2|mediterranean
2267057|Lisbon|Lisbonne|PT|Lisbon|38.7167|-9.1333|77|517802|Europe/Lisbon|11.6|23.1|8.0|730|4.2|mediterranean
2964574|Dublin||IE|Leinster|53.3331|-6.2489|17|1024027|Europe/Dublin|5.3|15.8|7.0|760|5.0|oceanic
3413829|Reykjavik||IS|Capital Region|64.1355|-21.8954|37|118918|Atlantic/Reykjavik|0.4|11.9|5.0|870|5.5|oceanic
524901|Moscow|Moscou|RU|Moscow|55.7522|37.6156|144|10381222|Europe/Moscow|-6.2|19.7|9.0|710|2.5|continental
745044|Istanbul||TR|Istanbul|41.0351|28.9833|40|14804116|Europe/Istanbul|6.0|24.3|7.5|800|4.0|mediterranean
2507480|Algiers|Alger|DZ|Algiers|36.7525|3.0420|20|1977663|Africa/Algiers|11.2|25.2|10.0|600|3.2|mediterranean
2553604|Casablanca||MA|Casablanca-Settat|33.5883|-7.6114|27|3144909|Africa/Casablanca|12.8|22.7|7.5|420|4.0|mediterranean
360630|Cairo|Le Caire|EG|Cairo|30.0626|31.2497|23|7734614|Africa/Cairo|14.0|28.9|11.0|25|3.5|mediterranean
2253354|Dakar||SN|Dakar|14.6937|-17.4441|24|2476400|Africa/Dakar|21.2|27.4|5.5|410|4.8|antilles
2422465|Conakry||GN|Conakry|9.5380|-13.6773|6|1767200|Africa/Conakry|26.8|25.6|6.0|3700|2.5|guiana
184745|Nairobi||KE|Nairobi Area|-1.2833|36.8167|1684|2750547|Africa/Nairobi|19.5|16.8|10.5|950|3.5|south_tropics
3369157|Cape Town|Le Cap|ZA|Western Cape|-33.9258|18.4232|25|3433441|Africa/Johannesburg|21.0|12.4|9.0|520|5.0|oceanic
935264|Saint-Denis||RE|Réunion|-20.8823|55.4504|17|145022|Indian/Reunion|26.6|21.5|6.0|1700|4.0|south_tropics
5128581|New York||US|New York|40.7143|-74.0060|10|8175133|America/New_York|0.9|25.3|8.0|1250|4.5|continental
4140963|Washington||US|District of Columbia|38.8951|-77.0364|7|601723|America/New_York|2.9|27.0|9.5|1060|3.8|continental
6077243|Montreal|Montréal|CA|Quebec|45.5088|-73.5878|36|1600000|America/Toronto|-8.9|22.3|9.0|1000|4.0|continental
6058560|London||CA|Ontario|42.9834|-81.2330|251|346765|America/Toronto|-5.2|21.1|9.5|1010|4.2|continental
5368361|Los Angeles||US|California|34.0522|-118.2437|89|3971883|America/Los_Angeles|14.6|23.0|9.5|360|2.5|mediterranean
3530597|Mexico City|Mexico|MX|Mexico City|19.4285|-99.1277|2240|12294193|America/Mexico_City|14.6|18.0|13.0|850|2.3|antilles
3578599|Pointe-à-Pitre||GP|Guadeloupe|16.2413|-61.5331|3|18264|America/Guadeloupe|24.4|27.5|7.0|1700|4.0|antilles
3382160|Cayenne||GF|Guyane|4.9333|-52.3333|5|61550|America/Cayenne|26.0|26.6|7.0|3400|2.8|guiana
3448439|São Paulo||BR|São Paulo|-23.5475|-46.6361|760|10021295|America/Sao_Paulo|22.9|16.4|9.5|1600|2.5|south_tropics
3435910|Buenos Aires||AR||-34.6132|-58.3772|25|13076300|America/Argentina/Buenos_Aires|24.9|11.0|9.5|1250|3.8|oceanic
1273294|Delhi||IN|Delhi|28.6667|77.2167|216|10927986|Asia/Kolkata|14.1|31.2|12.0|770|2.5|guiana
1275339|Mumbai||IN|Maharashtra|19.0144|72.8479|8|12691836|Asia/Kolkata|24.3|27.6|8.0|2200|3.0|guiana
1880252|Singapore|Singapour|SG||1.2897|103.8501|12|3547809|Asia/Singapore|26.8|28.2|7.0|2100|2.2|guiana
1816670|Beijing|Pékin|CN|Beijing|39.9075|116.3972|49|11716620|Asia/Shanghai|-2.9|27.2|10.5|530|2.6|continental
1850147|Tokyo||JP|Tokyo|35.6895|139.6917|44|8336599|Asia/Tokyo|5.4|25.7|8.0|1600|3.3|continental
2147714|Sydney||AU|New South Wales|-33.8679|151.2073|19|4627345|Australia/Sydney|23.5|13.4|8.5|1150|3.8|oceanic
"""


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance (haversine); coordinates in degrees."""
    a, b = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


@functools.cache
def cities() -> tuple[City, ...]:
    """The city list, France first."""
    return tuple(_city(line.split("|")) for line in _TABLE.strip().splitlines())


def _city(cells: list[str]) -> City:
    number, name, name_fr, country, state, lat, lon, alt, population, zone, *normals = cells
    climate = None
    if normals:
        january, july, swing, rain, wind, regime = normals
        climate = Station(
            id=f"city{number}", name=name, latitude=float(lat), longitude=float(lon), altitude_m=int(alt),
            january_c=float(january), july_c=float(july), diurnal_range_c=float(swing), rain_mm=float(rain),
            wind_ms=float(wind), regime=regime, opened_on=_NOT_OPENED,
        )  # fmt: skip
    return City(
        id=int(number), name=name, name_fr=name_fr or name, country=country, state=state, latitude=float(lat),
        longitude=float(lon), altitude_m=int(alt), population=int(population), zone=zone, climate=climate,
    )  # fmt: skip


def cities_near(latitude: float, longitude: float, radius_km: float = CITY_RADIUS_KM) -> list[City]:
    """Nearest first."""
    measured = [(distance_km(latitude, longitude, c.latitude, c.longitude), c) for c in cities()]
    return [c for distance, c in sorted(measured, key=lambda pair: pair[0]) if distance <= radius_km]


def cities_named(query: str) -> list[City]:
    """``name``, ``name,country`` or ``name,state,country``; case and accents do not matter; most people first."""
    name, *rest = [_folded(part) for part in query.split(",")]
    found = [
        city
        for city in cities()
        if name in (_folded(city.name), _folded(city.name_fr))
        and (not rest or rest[-1] == _folded(city.country))
        and (len(rest) < 2 or rest[0] == _folded(city.state))
    ]
    return sorted(found, key=lambda city: -city.population)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip().lower()


@functools.lru_cache(maxsize=4096)
def place_at(latitude: float, longitude: float) -> Place:
    """The place at a pair of degrees. One place and one weather for all coordinates that agree to four decimals, as
    OpenWeather echoes them."""
    latitude, longitude = round(latitude, 4), round(longitude, 4)
    city = next(iter(cities_near(latitude, longitude)), None)
    for station in published_stations():
        if distance_km(latitude, longitude, station.latitude, station.longitude) <= _STATION_RADIUS_KM:
            return Place(latitude, longitude, city, station)
    identifier = f"{latitude:.4f},{longitude:.4f}"
    name = city.name if city else identifier
    probe = station_at(identifier, name, latitude, longitude, city.altitude_m if city else 0)
    if probe.is_metropolitan:
        return Place(latitude, longitude, city, probe)
    known = [c.climate for c in cities() if c.climate] + [s for s in published_stations() if not s.is_metropolitan]
    nearest = min(known, key=lambda s: distance_km(latitude, longitude, s.latitude, s.longitude))
    return Place(
        latitude, longitude, city, replace(nearest, id=identifier, name=name, latitude=latitude, longitude=longitude)
    )
