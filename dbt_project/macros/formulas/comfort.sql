{#
    Comfort indices. Arguments are SQL expressions in the units their names say; the result is null where an argument is
    null or where the formula's author gives it no meaning.
#}

{#
    Heat index, degC. US National Weather Service, https://www.wpc.ncep.noaa.gov/html/heatindex_equation.shtml: Steadman's
    simple form averaged with T below 80 degF, else Rothfusz' regression with its two adjustments.
    Null below 26.7 degC (80 degF), under which the index says nothing that the temperature does not.
    Golden: (27, 45) 27.126; (28, 90) 34.003; (30, 50) 31.049; (35, 10) 31.916; (40, 60) 62.643.
#}
{% macro heat_index_c(temperature_c, relative_humidity_pct) -%}
{%- set t = '(' ~ temperature_c ~ ' * 1.8 + 32)' -%}
{%- set rh = '(' ~ relative_humidity_pct ~ ')' -%}
{%- set simple = '(0.5 * (' ~ t ~ ' + 61.0 + (' ~ t ~ ' - 68.0) * 1.2 + ' ~ rh ~ ' * 0.094))' -%}
case
    when {{ temperature_c }} < 26.7 or {{ temperature_c }} is null or {{ relative_humidity_pct }} is null then null
    when ({{ simple }} + {{ t }}) / 2 < 80 then ({{ simple }} - 32) / 1.8
    else (
        -42.379 + 2.04901523 * {{ t }} + 10.14333127 * {{ rh }} - 0.22475541 * {{ t }} * {{ rh }}
        - 0.00683783 * {{ t }} * {{ t }} - 0.05481717 * {{ rh }} * {{ rh }}
        + 0.00122874 * {{ t }} * {{ t }} * {{ rh }} + 0.00085282 * {{ t }} * {{ rh }} * {{ rh }}
        - 0.00000199 * {{ t }} * {{ t }} * {{ rh }} * {{ rh }}
        - case
            when {{ rh }} < 13 and {{ t }} between 80 and 112
                then (13 - {{ rh }}) / 4 * sqrt((17 - abs({{ t }} - 95)) / 17)
            else 0
        end
        + case
            when {{ rh }} > 85 and {{ t }} between 80 and 87 then ({{ rh }} - 85) / 10 * (87 - {{ t }}) / 5
            else 0
        end
        - 32
    ) / 1.8
end
{%- endmacro %}

{#
    Wind chill, degC. JAG/TI 2001 (Environment Canada, NWS). Defined for T <= 10 degC and wind above 4.8 km/h.
    Golden: (-10 degC, 20 km/h) -17.861; (0, 18) -4.935; (-20, 36) -33.553.
#}
{% macro wind_chill_c(temperature_c, wind_speed_ms) -%}
{%- set v = 'power(' ~ wind_speed_ms ~ ' * 3.6, 0.16)' -%}
case
    when {{ temperature_c }} <= 10 and {{ wind_speed_ms }} * 3.6 > 4.8
        then 13.12 + 0.6215 * {{ temperature_c }} - 11.37 * {{ v }} + 0.3965 * {{ temperature_c }} * {{ v }}
end
{%- endmacro %}

{#
    Humidex, degC. Meteorological Service of Canada (Masterton and Richardson 1979): T + 5/9 (e - 10), e from the dew point.
    Null where it falls below the temperature, as the Service reports it.
    Golden: (30, dew point 15) 33.969; (35, 25) 47.340.
#}
{% macro humidex_c(temperature_c, dew_point_c) -%}
{%- set excess -%}
5.0 / 9.0 * (6.11 * exp(5417.7530 * (1 / 273.16 - 1 / (273.15 + {{ dew_point_c }}))) - 10)
{%- endset -%}
case when {{ excess }} >= 0 then {{ temperature_c }} + {{ excess }} end
{%- endmacro %}

{#
    Apparent temperature in the shade, degC. Steadman 1994 as used by the Australian Bureau of Meteorology.
    Golden: (30 degC, 60 %, 2 m/s) 32.973; (0, 90, 5) -5.687.
#}
{% macro apparent_temperature_c(temperature_c, relative_humidity_pct, wind_speed_ms) -%}
(
    {{ temperature_c }}
    + 0.33 * {{ relative_humidity_pct }} / 100.0 * 6.105
    * exp(17.27 * {{ temperature_c }} / (237.7 + {{ temperature_c }}))
    - 0.70 * {{ wind_speed_ms }} - 4.0
)
{%- endmacro %}
