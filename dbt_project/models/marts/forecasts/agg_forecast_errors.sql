{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_verification_months_changed', 'scope_key': ['location_id', 'month_start_date']},
) }}
{%- set scope = ref('int_verification_months_changed') -%}
{%- set key = ['location_id', 'month_start_date'] -%}
{%- set bucket = var('verification_lead_bucket_hours') -%}

-- Sums over the pairs of a month, from which every score follows: scores of several months are scores of their sums.
with pairs as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'valid_date') }} as date) as month_start_date,
        cast(ceil(lead_hours / {{ bucket }}) * {{ bucket }} as bigint) as lead_bucket_hours,
        persistence_value - observed_value as persistence_error,
        climatology_value - observed_value as climatology_error,
        case when element = 'precipitation_3h_mm' then forecast_value >= {{ var('rain_event_mm') }} end as is_forecast,
        case when element = 'precipitation_3h_mm' then observed_value >= {{ var('rain_event_mm') }} end as is_observed,
        forecast_probability
        - case when observed_value >= {{ var('measurable_rain_mm') }} then 1 else 0 end as probability_error
    from {{ ref('fct_forecast_verification') }}
),

changed as (
    select * from pairs
    where {{ within_scope(scope, key, key) }}
    {%- if is_incremental() %}
    -- implied; lets the engine skip what lies before
    and valid_at >= (select min(months.month_start_date) from {{ scope }} as months)
    {%- endif %}
)

select
    location_id,
    source,
    element,
    lead_bucket_hours,
    month_start_date,
    count(*) as pair_count,
    {{ exact_sum('error') }} as error_sum,
    {{ exact_sum('abs(error)') }} as absolute_error_sum,
    {{ exact_sum('error * error') }} as squared_error_sum,
    {%- for reference in ['persistence', 'climatology'] %}
    count({{ reference }}_error) as {{ reference }}_pair_count,
    -- of the forecast, over the pairs that have the reference
    {{ exact_sum('case when ' ~ reference ~ '_error is not null then error * error end') }}
        as {{ reference }}_pairs_squared_error_sum,
    {{ exact_sum(reference ~ '_error * ' ~ reference ~ '_error') }} as {{ reference }}_squared_error_sum,
    {%- endfor %}
    count(case when is_forecast and is_observed then 1 end) as hit_count,
    count(case when not is_forecast and is_observed then 1 end) as miss_count,
    count(case when is_forecast and not is_observed then 1 end) as false_alarm_count,
    count(case when not is_forecast and not is_observed then 1 end) as correct_negative_count,
    count(probability_error) as probability_pair_count,
    {{ exact_sum('probability_error * probability_error') }} as squared_probability_error_sum,
    '{{ invocation_id }}' as build_id
from changed
group by location_id, source, element, lead_bucket_hours, month_start_date
