{{ config(materialized='table') }}

-- Slots at which no station of the source reported, between its first and its newest: the provider's own holes, and
-- archives that were never loaded.
with runs as (
    select distinct source, first_slot, last_slot
    from {{ ref('int_observation_runs_found') }}
),

reached as (
    select
        source,
        first_slot,
        max(last_slot) over (
            partition by source order by first_slot, last_slot rows between unbounded preceding and 1 preceding
        ) as last_slot_before
    from runs
)

select
    source,
    last_slot_before + 1 as first_slot,
    first_slot - 1 as last_slot
from reached
where first_slot > last_slot_before + 1
