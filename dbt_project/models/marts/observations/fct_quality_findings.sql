{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_days_changed',
        'scope_key': ['location_id', 'source', 'observed_date'],
        'partition_by': 'observed_at',
    },
) }}
{%- set scope = ref('int_days_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}

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
from {{ ref('int_findings_unioned') }}
where {{ within_scope(scope, key, key) }}
