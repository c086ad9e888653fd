{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_forecast_dates_arrived',
        'scope_key': ['location_id', 'source', 'issued_date'],
        'partition_by': 'issued_at',
        'guard_rows': true,
    },
) }}
{%- set scope = ref('int_forecast_dates_arrived') -%}
{%- set key = ['location_id', 'source', 'issued_date'] -%}

-- Each poll stays as it was issued; only what one poll left twice in the lake collapses.
with latest as (
    select *
    from {{ ref('int_forecast_versions_unioned') }}
    where {{ within_scope(scope, key, key, clock='issued_at') }}
    qualify row_number() over (
        partition by location_id, source, issued_at, valid_at order by {{ load_order() }}
    ) = 1
)

select
    latest.location_id,
    latest.source,
    latest.issued_at,
    latest.issued_date,
    latest.valid_at,
    {{ lead_hours('latest.issued_at', 'latest.valid_at') }} as lead_hours,
    latest.temperature_c,
    latest.pressure_sea_level_hpa,
    latest.relative_humidity_pct,
    latest.wind_speed_ms,
    latest.wind_direction_deg,
    latest.wind_gust_ms,
    latest.visibility_m,
    latest.is_visibility_capped,
    latest.cloud_cover_pct,
    latest.precipitation_3h_mm,
    latest.precipitation_probability,
    cast(latest.openweather_condition_id as bigint) as openweather_condition_id,
    cast(conditions.condition_code as text) as condition_code,
    latest.has_unknown_units,
    latest.landed_at as loaded_at,
    '{{ invocation_id }}' as build_id
from latest
left join {{ ref('openweather_conditions') }} as conditions
    on latest.openweather_condition_id = conditions.openweather_condition_id
