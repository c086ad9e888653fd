{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_days_changed', 'scope_key': ['location_id', 'source', 'observed_date']},
) }}
{%- set key = ['location_id', 'source', 'observed_date'] -%}

-- Runs of successive slots with a report, within a UTC day: a whole day is one row. What is missing lies between them, and
-- can be found without reading the reports again.
with slots as (
    select
        location_id,
        source,
        observed_date,
        {{ slot_number('observed_at', 'source') }} as slot
    from {{ ref('int_observations_latest') }}
    where
        {{ expected_observations('source') }} is not null
        and {{ within_scope(ref('int_days_changed'), key, key) }}
),

-- several reports of one slot count once
numbered as (
    select
        *,
        slot - dense_rank() over (partition by location_id, source, observed_date order by slot) as run
    from slots
)

select
    location_id,
    source,
    observed_date,
    min(slot) as first_slot,
    max(slot) as last_slot,
    '{{ invocation_id }}' as build_id
from numbered
group by location_id, source, observed_date, run
