-- Each place against the rhythm of its own reports: a station that rests at night is not silent, one that fell behind is.
with sources as (
    select
        source,
        max(observed_at) as source_newest_observed_at
    from {{ ref('fct_observations') }}
    group by source
),

-- enough to learn from, of every place that is not long closed
recent as (
    select
        observations.location_id,
        observations.source,
        observations.observed_at,
        max(observations.observed_at) over (
            partition by observations.location_id, observations.source
        ) as newest_observed_at,
        lag(observations.observed_at) over (
            partition by observations.location_id, observations.source
            order by observations.observed_at
        ) as previous_observed_at
    from {{ ref('fct_observations') }} as observations
    inner join sources on observations.source = sources.source
    where
        observations.observed_at >= {{ dbt.dateadd(
            'day', -(var('silence_closed_days') + var('silence_learning_days')), 'sources.source_newest_observed_at'
        ) }}
),

learned as (
    select
        location_id,
        source,
        newest_observed_at,
        count(*) as report_count,
        percentile_cont(0.5) within group (
            order by {{ dbt.datediff('previous_observed_at', 'observed_at', 'second') }}
        ) as typical_gap_seconds,
        percentile_cont({{ var('silence_long_gap_quantile') }}) within group (
            order by {{ dbt.datediff('previous_observed_at', 'observed_at', 'second') }}
        ) as long_gap_seconds
    from recent
    where
        previous_observed_at is not null
        and observed_at >= {{ dbt.dateadd('day', -var('silence_learning_days'), 'newest_observed_at') }}
    group by location_id, source, newest_observed_at
),

expected as (
    select
        learned.location_id,
        learned.source,
        learned.newest_observed_at,
        learned.report_count,
        learned.typical_gap_seconds,
        learned.long_gap_seconds,
        sources.source_newest_observed_at,
        case
            when learned.report_count >= {{ var('silence_min_report_count') }}
                then {{ dbt.dateadd(
                    'second',
                    'cast(greatest('
                    ~ var('silence_typical_gaps') ~ ' * learned.typical_gap_seconds, '
                    ~ var('silence_long_gaps') ~ ' * learned.long_gap_seconds) as integer)',
                    'learned.newest_observed_at'
                ) }}
        end as silent_after_at
    from learned
    inner join sources on learned.source = sources.source
    where
        learned.newest_observed_at >= {{ dbt.dateadd(
            'day', -var('silence_closed_days'), 'sources.source_newest_observed_at'
        ) }}
)

select
    expected.location_id,
    expected.source,
    locations.location_name,
    locations.department_code,
    expected.newest_observed_at,
    cast(expected.report_count as bigint) as report_count,
    cast(round(expected.typical_gap_seconds / 3600.0, 2) as double) as typical_gap_hours,
    cast(round(expected.long_gap_seconds / 3600.0, 2) as double) as long_gap_hours,
    expected.silent_after_at,
    expected.source_newest_observed_at,
    -- the others have reported since: a source that is silent as a whole is overdue, and its places are not
    coalesce(expected.source_newest_observed_at > expected.silent_after_at, false) as is_silent
from expected
left join {{ ref('dim_locations') }} as locations on expected.location_id = locations.location_id
