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
    appended_row_count,
    rejected_cell_count,
    newest_observed_at,
    is_unresolved
from {{ ref('int_runs_summed') }}
