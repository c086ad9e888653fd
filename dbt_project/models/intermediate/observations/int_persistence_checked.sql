{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_days_changed', 'scope_key': ['location_id', 'source', 'observed_date']},
) }}
{%- set scope = ref('int_days_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}
{%- set sensors = persistence_checks() -%}
{%- set reach = "interval '" ~ var('persistence_reach_hours') ~ " hours'" -%}
{%- set in_time -%} partition by location_id, source order by observed_at {%- endset -%}
{%- set in_run -%} partition by location_id, source, quantity, run_number order by observed_at {%- endset -%}

-- Sensors that stand still: the same value, to its printing, in every report for as long as the limit says. All reports of
-- the run are suspect. A run is looked at as far as persistence_reach_hours before and after each of its reports, so that
-- an arrival bears on the days beside it and on no others.
with limited as (
    select
        location_id,
        source,
        observed_at,
        observed_date,
        {%- for measure in sensors.values() | map(attribute='condemns') | sum(start=[]) | unique %}
        {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_observations_limited') }}
    where {{ within_scope(scope, key, key, reach_days=1) }}
),

compared as (
    select
        *,
        -- a report missed ends no run, a longer silence does
        coalesce(
            lag(observed_at) over ({{ in_time }})
            >= {{ dbt.dateadd('hour', -var('persistence_max_gap_hours'), 'observed_at') }},
            false
        ) as follows,
        coalesce(
            lead(observed_at) over ({{ in_time }})
            <= {{ dbt.dateadd('hour', var('persistence_max_gap_hours'), 'observed_at') }},
            false
        ) as is_followed,
        {%- for name, sensor in sensors.items() %}
        coalesce(
            {%- for measure in sensor.repeats %}
            {{ measure }} = lag({{ measure }}) over ({{ in_time }}){{ ' and' if not loop.last }}
            {%- endfor %}, false
        ) as {{ name }}_repeats,
        coalesce(
            {%- for measure in sensor.repeats %}
            {{ measure }} = lead({{ measure }}) over ({{ in_time }}){{ ' and' if not loop.last }}
            {%- endfor %}, false
        ) as {{ name }}_is_repeated{{ ',' if not loop.last }}
        {%- endfor %}
    from limited
),

-- few reports repeat the one before or are repeated: only those are unfolded
repeated as (
    {%- for name, sensor in sensors.items() %}
    select
        location_id,
        source,
        observed_at,
        observed_date,
        '{{ name }}' as quantity,
        {{ sensor.condemns[0] }} as value,
        {{ sensor.condemns[1] if sensor.condemns | length > 1 else 'cast(null as double)' }} as second_value,
        case when follows and {{ name }}_repeats then 0 else 1 end as begins
    from compared
    where (follows and {{ name }}_repeats) or (is_followed and {{ name }}_is_repeated)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

numbered as (
    select
        *,
        sum(begins) over (
            partition by location_id, source, quantity order by observed_at
            rows between unbounded preceding and current row
        ) as run_number
    from repeated
),

spanned as (
    select
        *,
        min(observed_at) over (
            {{ in_run }} range between {{ reach }} preceding and current row
        ) as same_from_at,
        max(observed_at) over (
            {{ in_run }} range between current row and {{ reach }} following
        ) as same_to_at
    from numbered
),

stuck as (
    select spanned.*
    from spanned
    inner join {{ ref('persistence_limits') }} as limits on spanned.quantity = limits.quantity
    where
        spanned.same_to_at >= {{ dbt.dateadd('hour', 'limits.hours', 'spanned.same_from_at') }}
        -- no range is exempt where the limits name none
        and coalesce(spanned.value < limits.exempt_from or spanned.value > limits.exempt_to, true)
        and {{ within_scope(scope, ['spanned.location_id', 'spanned.source', 'spanned.observed_date'], key) }}
)

{%- for name, sensor in sensors.items() %}
{%- set outer_last = loop.last %}
{%- for measure in sensor.condemns %}
{%- set value = 'value' if loop.first else 'second_value' %}
select
    location_id,
    source,
    observed_at,
    observed_date,
    '{{ measure }}' as measure,
    'persistence' as check_name,
    {{ value }} as reported_value,
    'suspect' as verdict,
    '{{ invocation_id }}' as build_id
from stuck
where quantity = '{{ name }}' and {{ value }} is not null
-- a dew point may stand still by itself and with the humidity: one finding
{{ 'union' if not (outer_last and loop.last) }}
{%- endfor %}
{%- endfor %}
