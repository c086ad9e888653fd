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

-- Findings of the checks that need nothing but the station's own reports: gross limits of the climate zone, then
-- consistency, within the report and with the reports of the 24 h before it, of the values that passed them.
with observations as (
    select
        latest.*,
        -- a city's pressure is that of its provider's ground, not of the altitude in the list
        case when locations.location_kind = 'station' then locations.altitude_m end as altitude_m,
        coalesce(locations.climate_zone, 'world') as climate_zone
    from {{ ref('int_observations_latest') }} as latest
    left join {{ ref('int_locations_zoned') }} as locations on latest.location_id = locations.location_id
    where {{ within_scope(scope, ['latest.location_id', 'latest.source', 'latest.observed_date'], key, reach_days=1) }}
),

limited as (
    select
        observations.location_id,
        observations.source,
        observations.observed_at,
        observations.observed_date,
        observations.altitude_m,
        observations.wind_gust_period_min,
        observations.has_unknown_units,
        {%- for measure, quantity in quantities.items() %}
        observations.{{ measure }} as reported_{{ measure }},
        case
            when observations.{{ measure }} between limits.{{ quantity }}_minimum and limits.{{ quantity }}_maximum
                then observations.{{ measure }}
        end as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from observations
    inner join {{ ref('int_zone_limits_pivoted') }} as limits on observations.climate_zone = limits.climate_zone
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
select
    location_id,
    source,
    observed_at,
    observed_date,
    measure,
    check_name,
    max(reported_value) as reported_value,
    max(verdict) as verdict,
    '{{ invocation_id }}' as build_id
from findings
group by location_id, source, observed_at, observed_date, measure, check_name
