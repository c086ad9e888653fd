-- Every published version of every observation, of all sources, in one shape. Another source is one more branch that
-- names the same columns; what it lacks is null.
{% set columns = observation_measures() + observation_attributes() %}
{%- set synop_lacks = ['openweather_condition_id', 'is_visibility_capped', 'has_unknown_units'] %}
{%- set openweather_has = [
    'temperature_c', 'relative_humidity_pct', 'pressure_sea_level_hpa', 'pressure_station_hpa', 'wind_speed_ms',
    'wind_direction_deg', 'visibility_m', 'cloud_cover_pct', 'precipitation_1h_mm', 'precipitation_3h_mm',
    'openweather_condition_id', 'is_visibility_capped', 'has_unknown_units',
] %}

select
    location_id,
    'synop' as source,
    observed_at,
    observed_date,
    wigos_id,
    {%- for column in columns %}
    {%- if column in synop_lacks %}
    cast(null as {{ observation_column_type(column) }}) as {{ column }},
    {%- else %}
    {{ column }},
    {%- endif %}
    {%- endfor %}
    inserted_at,
    load_id,
    file_name,
    row_number,
    landed_at,
    is_published
from {{ ref('stg_synop__observations') }}

union all

select
    {{ openweather_location_id('observations.city_key', 'mapped.city_key', 'observations.openweather_id') }} as location_id,
    'openweather' as source,
    observations.observed_at,
    observations.observed_date,
    cast(null as text) as wigos_id,
    {%- for column in columns %}
    {%- if column in openweather_has %}
    observations.{{ column }},
    {%- elif column == 'wind_gust_period_ms' %}
    -- OpenWeather does not say over which period
    observations.wind_gust_ms as wind_gust_period_ms,
    {%- else %}
    cast(null as {{ observation_column_type(column) }}) as {{ column }},
    {%- endif %}
    {%- endfor %}
    -- when it was answered: of two answers for the same time the later counts
    observations.fetched_at as inserted_at,
    observations.load_id,
    observations.file_name,
    observations.row_number,
    observations.landed_at,
    observations.is_published
from {{ ref('stg_openweather__observations') }} as observations
left join {{ ref('int_openweather_ids_mapped') }} as mapped on observations.openweather_id = mapped.openweather_id
