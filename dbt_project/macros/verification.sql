{#
    What of a forecast is verified against stations: columns of both fct_forecasts and the reports. Left out: gusts (OpenWeather
    does not say of which period), wind direction (none in light winds, and a mean of angles says nothing), visibility (capped).
#}
{% macro verified_elements() -%}
    {{ return([
        'temperature_c', 'relative_humidity_pct', 'pressure_sea_level_hpa', 'wind_speed_ms', 'cloud_cover_pct',
        'precipitation_3h_mm',
    ]) }}
{%- endmacro %}

{# Predicate: a station at the position of `station` may stand for the city at that of `city` (relations with a position). #}
{% macro stands_for_city(city, station) -%}
    {{ great_circle_km(city ~ '.latitude', city ~ '.longitude', station ~ '.latitude', station ~ '.longitude') }}
    <= {{ var('verification_max_distance_km') }}
    and abs({{ station }}.altitude_m - {{ city }}.altitude_m) <= {{ var('verification_max_altitude_difference_m') }}
{%- endmacro %}

{#
    Relation of the long form of measures: the columns `keys` of `relation`, then `element` and `value`, a row for each verified
    element that is there, to the hundredth that providers print at most.
#}
{% macro elements_unpivoted(relation, keys) -%}
    {%- for element in verified_elements() %}
    select
        {{ keys | join(', ') }},
        '{{ element }}' as element,
        round({{ element }}, 2) as value
    from {{ relation }}
    where {{ element }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Skill against a reference over the same pairs: 1 - MSE / MSE of the reference; null where that made no error at all. #}
{% macro skill(squared_error_sum, reference_squared_error_sum) -%}
    1 - {{ squared_error_sum }} / nullif({{ reference_squared_error_sum }}, 0)
{%- endmacro %}
