{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_months_changed', 'scope_key': ['location_id', 'source', 'month_start_date']},
) }}
{%- set key = ['location_id', 'source', 'month_start_date'] -%}

-- Daily values that exceed every earlier one of their own month: only these can be records of the month of the year or of
-- all time, and what a record exceeded is one of them too. About four of thirty remain.
with days as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'weather_date') }} as date) as month_start_date
    from {{ ref('fct_daily_weather') }}
),

changed as (
    select *
    from days
    where {{ within_scope(ref('int_months_changed'), key, key) }}
),

daily_values as (
    {{ record_values('changed', daily_record_elements(), 'weather_date') }}
),

compared as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'recorded_date') }} as date) as month_start_date,
        {{ best_before("location_id, source, element, " ~ dbt.date_trunc('month', 'recorded_date')) }} as best_before,
        count(*) over (
            partition by location_id, source, element, {{ dbt.date_trunc('month', 'recorded_date') }}
        ) as month_value_count
    from daily_values
)

select
    location_id,
    source,
    element,
    direction,
    month_start_date,
    recorded_date,
    record_value,
    is_complete,
    -- on the first row of a month, which every month with a value has, so that they add up
    case when best_before is null then month_value_count else 0 end as value_count,
    '{{ invocation_id }}' as build_id
from compared
where best_before is null or direction * record_value > best_before
