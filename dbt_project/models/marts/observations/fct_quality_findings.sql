{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_finding_dates_changed',
        'scope_key': ['location_id', 'source', 'observed_date'],
        'partition_by': 'observed_at',
    },
) }}
{%- set scope = ref('int_finding_dates_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}

with findings as (
    select
        location_id, source, observed_at, observed_date, measure, check_name, reported_value, verdict, expected_value,
        neighbour_ids
    from {{ ref('int_findings_unioned') }}
    where {{ within_scope(scope, key, key) }}
    {%- for published in ['int_climat_findings_unfolded', 'int_climatology_findings_unfolded'] %}
    union all
    select
        location_id, source, observed_at, observed_date, measure, check_name, reported_value, verdict,
        cast(null as double) as expected_value,
        cast(null as text) as neighbour_ids
    from {{ ref(published) }}
    where {{ within_scope(scope, key, key) }}
    {%- endfor %}
)

select
    location_id,
    observed_at,
    observed_date,
    source,
    measure,
    check_name,
    reported_value as value,
    verdict,
    expected_value,
    neighbour_ids,
    '{{ invocation_id }}' as build_id
from findings
