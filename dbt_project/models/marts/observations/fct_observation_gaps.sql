with newest as (
    select
        source,
        max(last_slot) as newest_slot
    from {{ ref('int_observation_runs_found') }}
    group by source
),

runs as (
    select
        location_id,
        source,
        last_slot,
        lead(first_slot) over (partition by location_id, source order by first_slot) as next_slot
    from {{ ref('int_observation_runs_found') }}
),

gaps as (
    select
        runs.location_id,
        runs.source,
        runs.last_slot + 1 as first_slot,
        coalesce(runs.next_slot - 1, newest.newest_slot) as last_slot,
        runs.next_slot is null as is_open
    from runs
    inner join newest on runs.source = newest.source
    where coalesce(runs.next_slot - 1, newest.newest_slot) > runs.last_slot
),

shared as (
    select
        gaps.location_id,
        gaps.source,
        gaps.first_slot,
        sum({{ slots_in_common(
            'gaps.first_slot', 'gaps.last_slot', 'network.first_slot', 'network.last_slot'
        ) }}) as missing_count
    from gaps
    inner join {{ ref('int_network_gaps_found') }} as network
        on
            gaps.source = network.source
            and gaps.first_slot <= network.last_slot
            and gaps.last_slot >= network.first_slot
    group by gaps.location_id, gaps.source, gaps.first_slot
)

select
    gaps.location_id,
    gaps.source,
    {{ slot_start('gaps.first_slot', 'gaps.source') }} as gap_start_at,
    {{ slot_start('gaps.last_slot', 'gaps.source') }} as gap_end_at,
    gaps.last_slot - gaps.first_slot + 1 as missing_count,
    cast(coalesce(shared.missing_count, 0) as bigint) as network_missing_count,
    gaps.is_open
from gaps
left join shared
    on
        gaps.location_id = shared.location_id
        and gaps.source = shared.source
        and gaps.first_slot = shared.first_slot
