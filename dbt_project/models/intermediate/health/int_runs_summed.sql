-- A killed run has no end in the ledger; the one that is under way has none yet.
with tables as (
    select
        run_id,
        sum(appended_row_count) as appended_row_count,
        sum(rejected_cell_count) as rejected_cell_count
    from {{ ref('stg_isobar__run_tables') }}
    group by run_id
)

select
    runs.run_id,
    runs.run_number,
    runs.command,
    runs.source,
    runs.is_fetched,
    runs.started_at,
    runs.finished_at,
    coalesce(runs.outcome, 'unfinished') as outcome,
    runs.error,
    runs.seconds,
    cast(tables.appended_row_count as bigint) as appended_row_count,
    cast(tables.rejected_cell_count as bigint) as rejected_cell_count,
    runs.newest_observed_at,
    runs.is_unresolved
from {{ ref('stg_isobar__runs') }} as runs
left join tables on runs.run_id = tables.run_id
