-- As known at the last arrival, every observation has the version that is current: none lacks one, none has two.
with last_arrival as (
    select max(known_from_at) as moment
    from {{ ref('fct_observation_revisions') }}
)

select
    revisions.location_id,
    revisions.source,
    revisions.observed_at,
    revisions.version
from {{ ref('fct_observation_revisions') }} as revisions
cross join last_arrival
where coalesce({{ was_said_at('last_arrival.moment') }}, false) != revisions.is_current
