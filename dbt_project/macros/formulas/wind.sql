{#
    Beaufort force 0-12 of a 10 min mean wind, m/s. Lower bounds of WMO-No. 306, code table 1100.
#}
{% macro beaufort(wind_speed_ms) -%}
{%- set lower_bounds_ms = [0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7] -%}
case
    {%- for bound in lower_bounds_ms | reverse %}
    when {{ wind_speed_ms }} >= {{ bound }} then {{ 13 - loop.index }}
    {%- endfor %}
    when {{ wind_speed_ms }} >= 0 then 0
end
{%- endmacro %}

{#
    Aggregate: direction from which the mean vector wind blows, whole degrees from 1 to 360; null when it is calm or when
    the winds cancel out. u = -v sin d, w = -v cos d; direction = atan2(-mean u, -mean w). Never the mean of the degrees:
    that of 350 and 10 is 360, not 180.
#}
{% macro mean_wind_direction_deg(wind_speed_ms, wind_direction_deg) -%}
{%- set east = exact_sum(wind_speed_ms ~ ' * sin(radians(' ~ wind_direction_deg ~ '))') -%}
{%- set north = exact_sum(wind_speed_ms ~ ' * cos(radians(' ~ wind_direction_deg ~ '))') -%}
case
    -- below a millimetre a second the vectors cancel out: no direction
    when abs({{ east }}) + abs({{ north }}) < 0.001 then null
    -- the remainder of 0 and 360 is the same direction; north is written 360, as in the reports
    when round(mod(cast(degrees(atan2({{ east }}, {{ north }})) + 360 as decimal(12, 6)), 360), 0) = 0 then 360.0
    else cast(round(mod(cast(degrees(atan2({{ east }}, {{ north }})) + 360 as decimal(12, 6)), 360), 0) as double)
end
{%- endmacro %}
