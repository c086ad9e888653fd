{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_air_quality_forecast_dates_arrived',
        'scope_key': ['location_id', 'source', 'issued_date'],
        'partition_by': 'issued_at',
    },
) }}
{%- set scope = ref('int_air_quality_forecast_dates_arrived') -%}
{%- set key = ['location_id', 'source', 'issued_date'] -%}

-- Each poll stays as it was issued; only what one poll left twice in the lake collapses.
with latest as (
    select *
    from {{ ref('int_air_quality_forecast_versions_unioned') }}
    where {{ within_scope(scope, key, key, clock='issued_at') }}
    qualify row_number() over (
        partition by location_id, source, issued_at, valid_at order by {{ load_order() }}
    ) = 1
)

select
    location_id,
    source,
    issued_at,
    issued_date,
    valid_at,
    {{ lead_hours('issued_at', 'valid_at') }} as lead_hours,
    {%- for pollutant in air_pollutants() %}
    {{ pollutant }}_ugm3,
    {%- endfor %}
    openweather_aqi,
    landed_at as loaded_at,
    '{{ invocation_id }}' as build_id
from latest
