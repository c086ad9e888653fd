{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_months_changed', 'scope_key': ['location_id', 'source', 'month_start_date']},
) }}
{%- set scope = ref('int_months_changed') -%}
{%- set key = ['location_id', 'source', 'month_start_date'] -%}

-- Good readings of a station at one hour of the day over one month: what the climatology of the forecasts is made from.
-- Only of sources that report at fixed hours.
with readings as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'observed_date') }} as date) as month_start_date,
        cast(extract(hour from observed_at) as bigint) as hour_of_day
    from {{ ref('int_observations_trusted') }}
    where extract(minute from observed_at) = 0 and {{ expected_observations('source') }} is not null
),

changed as (
    select * from readings
    where {{ within_scope(scope, key, key) }}
    {%- if is_incremental() %}
    -- implied; lets the engine skip what lies before
    and observed_date >= (select min(months.month_start_date) from {{ scope }} as months)
    {%- endif %}
),

measured as (
    {{ elements_unpivoted('changed', key + ['hour_of_day']) }}
)

select
    location_id,
    source,
    month_start_date,
    hour_of_day,
    element,
    count(*) as value_count,
    {{ exact_sum('value') }} as value_sum,
    '{{ invocation_id }}' as build_id
from measured
group by location_id, source, month_start_date, hour_of_day, element
