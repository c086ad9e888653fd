{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_days_changed', 'scope_key': ['location_id', 'source', 'observed_date']},
) }}
{%- set scope = ref('int_days_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}
{%- set columns = observation_measures() + observation_attributes() %}

{#- Not a CTE: read three times, it would be written out whole before. -#}
{%- set versions -%}
(
        select *
        from {{ ref('int_observation_versions_unioned') }}
        where {{ within_scope(scope, key, key, clock='observed_at') }}
    ) as versions
{%- endset %}

-- The version that counts of each observation: here, and nowhere else.
with repeated as (
    {{ repeated_observations(versions) }}
),

latest as (
    select *
    from {{ versions }}
    where {{ is_repeated('versions', negate=true) }}
    union all
    select *
    from {{ versions }}
    where {{ is_repeated('versions') }}
    qualify row_number() over (partition by location_id, source, observed_at order by {{ version_order() }}) = 1
)

select
    location_id,
    source,
    observed_at,
    observed_date,
    wigos_id,
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    landed_at,
    '{{ invocation_id }}' as build_id
from latest
