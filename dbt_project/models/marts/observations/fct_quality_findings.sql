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
    select location_id, source, observed_at, observed_date, measure, check_name, reported_value, verdict
    from {{ ref('int_findings_unioned') }}
    where {{ within_scope(scope, key, key) }}
    union all
    select location_id, source, observed_at, observed_date, measure, check_name, reported_value, verdict
    from {{ ref('int_climat_findings_unfolded') }}
    where {{ within_scope(scope, key, key) }}
    union all
    select location_id, source, observed_at, observed_date, measure, check_name, reported_value, verdict
    from {{ ref('int_climatology_findings_unfolded') }}
    where {{ within_scope(scope, key, key) }}
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
