-- What a report of that moment rested upon, beside what is known now: `dbt compile --select temperatures_as_known_at
-- --vars '{known_at: "2020-11-15 00:00:00"}'`, and run what it prints, or `dbt show` the same way.
{%- set known_at = var('known_at', var('now') or '2100-01-01 00:00:00') %}

select
    then_known.location_id,
    then_known.observed_at,
    then_known.version as version_then,
    now_known.version as version_now,
    then_known.temperature_c as temperature_then_c,
    now_known.temperature_c as temperature_now_c
from {{ observations_as_of(known_at) }} as then_known
inner join {{ ref('fct_observation_revisions') }} as now_known
    on
        then_known.location_id = now_known.location_id
        and then_known.source = now_known.source
        and then_known.observed_at = now_known.observed_at
        and now_known.is_current
where then_known.version != now_known.version
order by then_known.observed_at, then_known.location_id
