{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_days_changed', 'scope_key': ['location_id', 'source', 'observed_date']},
) }}
{%- set scope = ref('int_days_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}
{%- set steps = step_checks() -%}
{%- set in_time = 'partition by location_id, source order by observed_at' -%}

-- Values that leave both the value before and the one after on the same side, by more than the atmosphere goes and comes
-- back in the time between; the two agree with one another better than with it. The last value of a station is not judged
-- until the next arrives. A plain step is not judged: mornings warm by more than the tolerance.
with limited as (
    select
        location_id,
        source,
        observed_at,
        observed_date,
        climate_zone,
        pressure_tendency_3h_hpa,
        {%- for measure in steps %}
        {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_observations_limited') }}
    where {{ within_scope(scope, key, key, reach_days=1) }}
),

accompanied as (
    select
        *,
        {%- for measure in steps %}
        {%- set measured_at = 'case when ' ~ measure ~ ' is not null then observed_at end' %}
        {{ value_beside('lag', measure, in_time) }} as previous_{{ measure }},
        {{ value_beside('lag', measured_at, in_time) }} as previous_{{ measure }}_at,
        {{ value_beside('lead', measure, in_time) }} as next_{{ measure }},
        {{ value_beside('lead', measured_at, in_time) }} as next_{{ measure }}_at,
        {%- endfor %}
        lead(pressure_tendency_3h_hpa) over ({{ in_time }}) as next_tendency_3h_hpa
    from limited
),

judged as (
    select
        accompanied.*,
        {%- for measure, step in steps.items() %}
        {%- for verdict in ['suspect', 'rejected'] %}
        {{ is_step(measure, step, verdict) }} as {{ verdict }}_{{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from accompanied
    inner join {{ ref('int_zone_steps_pivoted') }} as limits
        on coalesce(accompanied.climate_zone, 'world') = limits.climate_zone
    -- the days around were read for their values only
    where {{ within_scope(scope, key, key) }}
)

{%- for measure in steps %}
select
    location_id,
    source,
    observed_at,
    observed_date,
    '{{ measure }}' as measure,
    'step' as check_name,
    {{ measure }} as reported_value,
    case when rejected_{{ measure }} then 'rejected' else 'suspect' end as verdict,
    round((previous_{{ measure }} + next_{{ measure }}) / 2, 2) as expected_value,
    '{{ invocation_id }}' as build_id
from judged
where suspect_{{ measure }}
{{ 'union all' if not loop.last }}
{%- endfor %}
