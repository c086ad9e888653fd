{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_air_quality_dates_arrived',
        'scope_key': ['location_id', 'source', 'observed_date'],
        'partition_by': 'observed_at',
        'guard_rows': true,
    },
) }}
{%- set scope = ref('int_air_quality_dates_arrived') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}

with latest as (
    select *
    from {{ ref('int_air_quality_versions_unioned') }}
    where {{ within_scope(scope, key, key, clock='observed_at') }}
    qualify row_number() over (partition by location_id, source, observed_at order by {{ version_order() }}) = 1
)

select
    location_id,
    observed_at,
    observed_date,
    source,
    {%- for pollutant in air_pollutants() %}
    {{ pollutant }}_ugm3,
    {%- endfor %}
    openweather_aqi,
    landed_at as loaded_at,
    '{{ invocation_id }}' as build_id
from latest
