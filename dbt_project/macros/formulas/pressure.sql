{#
    Pressure reduced to sea level, hPa, from station pressure, altitude and temperature: p (1 - 0.0065 z / (T + 0.0065 z +
    273.15))^-5.257. Golden: (977.4 hPa, 401 m, 3.2 degC) 1026.85; (986.0, 151, 22.8) 1003.31.
#}
{% macro sea_level_pressure_hpa(pressure_station_hpa, altitude_m, temperature_c) -%}
(
    {{ pressure_station_hpa }}
    * power(1 - 0.0065 * {{ altitude_m }} / ({{ temperature_c }} + 0.0065 * {{ altitude_m }} + 273.15), -5.257)
)
{%- endmacro %}
