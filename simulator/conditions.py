"""OpenWeather's condition ids: which one a state of the sky has, and its words in English and French.

The thresholds of cloud cover, rain and snow agree with every id in recorded bodies. Of the French words only a few could be
compared with recorded ones.
"""

from __future__ import annotations

from dataclasses import dataclass

# id, icon, English, French
_TABLE = """
200|11|thunderstorm with light rain|orage et pluie fine
201|11|thunderstorm with rain|orage et pluie
202|11|thunderstorm with heavy rain|orage et fortes pluies
210|11|light thunderstorm|orages légers
211|11|thunderstorm|orages
212|11|heavy thunderstorm|gros orages
221|11|ragged thunderstorm|orages éparses
230|11|thunderstorm with light drizzle|orage avec légère bruine
231|11|thunderstorm with drizzle|orage avec bruine
232|11|thunderstorm with heavy drizzle|orage avec forte bruine
300|09|light intensity drizzle|bruine légère
301|09|drizzle|bruine
302|09|heavy intensity drizzle|fortes bruines
310|09|light intensity drizzle rain|pluie fine éparse
311|09|drizzle rain|pluie fine
312|09|heavy intensity drizzle rain|forte bruine pluvieuse
313|09|shower rain and drizzle|averses et bruine
314|09|heavy shower rain and drizzle|fortes averses et bruine
321|09|shower drizzle|averses de bruine
500|10|light rain|légère pluie
501|10|moderate rain|pluie modérée
502|10|heavy intensity rain|forte pluie
503|10|very heavy rain|très forte pluie
504|10|extreme rain|pluie extrême
511|13|freezing rain|pluie verglaçante
520|09|light intensity shower rain|petites averses
521|09|shower rain|averses de pluie
522|09|heavy intensity shower rain|averses intenses
531|09|ragged shower rain|averses éparses
600|13|light snow|légères chutes de neige
601|13|snow|chutes de neige
602|13|heavy snow|fortes chutes de neige
611|13|sleet|neige fondue
612|13|light shower sleet|légères averses de neige fondue
613|13|shower sleet|averses de neige fondue
615|13|light rain and snow|légère pluie et neige
616|13|rain and snow|pluie et neige
620|13|light shower snow|légères averses de neige
621|13|shower snow|averses de neige
622|13|heavy shower snow|fortes averses de neige
701|50|mist|brume
711|50|smoke|fumée
721|50|haze|brume sèche
731|50|sand/dust whirls|tourbillons de poussière
741|50|fog|brouillard
751|50|sand|sable
761|50|dust|poussière
762|50|volcanic ash|cendres volcaniques
771|50|squalls|grains
781|50|tornado|tornade
800|01|clear sky|ciel dégagé
801|02|few clouds|peu nuageux
802|03|scattered clouds|partiellement nuageux
803|04|broken clouds|nuageux
804|04|overcast clouds|couvert
"""

_GROUPS = {2: "Thunderstorm", 3: "Drizzle", 5: "Rain", 6: "Snow"}
_SINGLE = {
    701: "Mist", 711: "Smoke", 721: "Haze", 731: "Dust", 741: "Fog", 751: "Sand", 761: "Dust", 762: "Ash", 771: "Squall",
    781: "Tornado", 800: "Clear",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """``icon`` is the number without d or n."""

    id: int
    main: str
    icon: str
    english: str
    french: str

    def element(self, language: str, is_day: bool) -> dict[str, object]:
        """An element of a body's ``weather`` list; an unknown language is answered in English."""
        words = self.french if language == "fr" else self.english
        return {"id": self.id, "main": self.main, "description": words, "icon": self.icon + ("d" if is_day else "n")}


def _conditions() -> dict[int, Condition]:
    rows = (line.split("|") for line in _TABLE.strip().splitlines())
    return {
        int(number): Condition(
            int(number), _SINGLE.get(int(number)) or _GROUPS.get(int(number) // 100, "Clouds"), icon, english, french
        )
        for number, icon, english, french in rows
    }


CONDITIONS = _conditions()

#: Lower bounds of mm/h for ids 501, 502, 503, 504, of mm/h of water for 601, 602, of percent of cloud for 801 .. 804.
_RAIN_STEPS, _SNOW_STEPS, _CLOUD_STEPS = (1.0, 4.0, 16.0, 50.0), (0.5, 2.0), (11, 25, 51, 85)
#: Precipitation falls as snow up to this temperature, as both up to the second (the simulator's stations say so too).
SNOW_BELOW_C, SLEET_BELOW_C = 1.0, 2.0
#: Present weather of a SYNOP report (table 4677) that changes the id.
_MIST, _FREEZING_FOG, _FOG, _DRIZZLE, _SHOWERS, _THUNDER = 10, 49, 45, 51, (80, 81), 95


def _step(value: float, bounds: tuple[float, ...]) -> int:
    return sum(value >= bound for bound in bounds)


def condition_ids(mm_per_hour: float, celsius: float, cloud_pct: int, present_weather: int) -> list[int]:
    """The ids of a state, the main one first.

    ``mm_per_hour`` is precipitation as water; ``present_weather`` a code of table 4677, which decides between rain, showers and
    thunderstorm and names fog, mist and drizzle where nothing measurable falls.
    """
    if mm_per_hour > 0:
        if celsius <= SNOW_BELOW_C:
            return [600 + _step(mm_per_hour, _SNOW_STEPS)]
        if celsius <= SLEET_BELOW_C:
            return [615 + min(1, _step(mm_per_hour, _RAIN_STEPS))]
        heaviness = _step(mm_per_hour, _RAIN_STEPS)
        if present_weather >= _THUNDER:
            return [200 + min(heaviness, 2)]
        if present_weather in _SHOWERS:
            return [520 + min(heaviness, 2)]
        return [500 + heaviness]
    if present_weather == _DRIZZLE:
        # The gauge is damp and the air is too: OpenWeather reports both.
        return [300, 701]
    if present_weather in (_FOG, _FREEZING_FOG):
        return [741]
    if present_weather == _MIST:
        return [701]
    return [800 + _step(cloud_pct, _CLOUD_STEPS)]


def feels_like_c(celsius: float, humidity_pct: float, wind_ms: float) -> float:
    """Apparent temperature as OpenWeather gives it: agrees with 1,302 recorded bodies within 0.03 degrees.

    Up to 10 C and above 4.8 km/h the wind chill of 2001, but no more than 7 degrees below the temperature; above 10 C the heat
    index of the US National Weather Service: its simple form up to 26 C, the temperature itself from there to 80 F (both
    inferred from the bodies), then the full one with its adjustments.
    """
    if celsius <= 10:
        wind_kmh = wind_ms * 3.6
        if wind_kmh <= 4.8:
            return celsius
        power = wind_kmh**0.16
        return max(13.12 + 0.6215 * celsius - 11.37 * power + 0.3965 * celsius * power, celsius - 7)
    f, rh = celsius * 1.8 + 32, humidity_pct
    index = (f + 61 + 1.2 * (f - 68) + 0.094 * rh) / 2
    if f < 80:
        return celsius if celsius > 26 else (index - 32) / 1.8
    if (index + f) / 2 >= 80:
        index = (
            -42.379 + 2.04901523 * f + 10.14333127 * rh - 0.22475541 * f * rh - 0.00683783 * f**2 - 0.05481717 * rh**2
            + 0.00122874 * f**2 * rh + 0.00085282 * f * rh**2 - 0.00000199 * f**2 * rh**2
        )  # fmt: skip
        if rh < 13 and f <= 112:
            index -= (13 - rh) / 4 * ((17 - abs(f - 95)) / 17) ** 0.5
        elif rh > 85 and f <= 87:
            index += (rh - 85) / 10 * (87 - f) / 5
    return (index - 32) / 1.8
