select
    run_id,
    run_number,
    command,
    source,
    is_fetched,
    started_at,
    finished_at,
    outcome,
    error,
    seconds,
    newest_observed_at,
    is_unresolved
from {{ source('isobar', 'runs') }}
