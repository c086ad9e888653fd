{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_days_changed', 'scope_key': ['location_id', 'source', 'observed_date']},
) }}
{%- set scope = ref('int_days_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}
{%- set quantities = quantity_of_measure() -%}
{%- set checks = consistency_checks() -%}
{%- set last_12h -%}
    partition by location_id, source order by observed_at
    range between interval '12 hours' preceding and current row
{%- endset -%}

-- Findings of gross limits, and of consistency, within the report and with the reports of the 24 h before it, of the values
-- that passed them.
with limited as (
    select *
    from {{ ref('int_observations_limited') }}
    where {{ within_scope(scope, key, key, reach_days=1) }}
),

accompanied as (
    select
        *,
        min(temperature_c) over ({{ last_12h }}) as lowest_reading_12h_c,
        max(temperature_c) over ({{ last_12h }}) as highest_reading_12h_c,
        count(temperature_c) over ({{ last_12h }}) as reading_count_12h,
        -- parts of one length that end within a longer one, a whole number of lengths before its end: disjoint
        {%- for whole, part in rain_wholes_and_parts() %}
        sum(precipitation_{{ part }}h_mm) over (
            partition by
                location_id, source,
                mod(
                    cast(extract(hour from observed_at) * 60 + extract(minute from observed_at) as integer),
                    {{ part * 60 }}
                )
            order by observed_at
            range between interval '{{ whole - part }} hours' preceding and current row
        ) as sum_of_{{ part }}h_over_{{ whole }}h_mm{{ ',' if not loop.last }}
        {%- endfor %}
    from limited
),

judged as (
    select
        *,
        {%- for check in checks %}
        {{ check.fails }} as fails_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from accompanied
    -- the day before was read for its readings only
    where {{ within_scope(scope, key, key) }}
),

-- few reports fail anything: only those are unfolded into a row per finding
failing as (
    select * from judged
    where
        {%- for measure in quantities %}
        (reported_{{ measure }} is not null and {{ measure }} is null) or
        {%- endfor %}
        {%- for check in checks %}
        fails_{{ loop.index }}{{ ' or' if not loop.last }}
        {%- endfor %}
),

findings as (
    {%- for measure in quantities %}
    select
        location_id, source, observed_at, observed_date,
        '{{ measure }}' as measure, 'gross_limits' as check_name, reported_{{ measure }} as reported_value,
        'rejected' as verdict
    from failing
    where reported_{{ measure }} is not null and {{ measure }} is null
    union all
    {%- endfor %}
    {%- for check in checks %}
    select
        location_id, source, observed_at, observed_date,
        '{{ check.measure }}' as measure, '{{ check.check }}' as check_name, {{ check.measure }} as reported_value,
        '{{ check.verdict }}' as verdict
    from failing
    where fails_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

-- a total may be below several of its parts: one finding
select distinct
    location_id,
    source,
    observed_at,
    observed_date,
    measure,
    check_name,
    reported_value,
    verdict,
    '{{ invocation_id }}' as build_id
from findings
