with sources as (
    select
        source,
        max(case when is_scheduled then 1 else 0 end) = 1 as is_scheduled,
        min(case when is_scheduled then cadence_hours end) as cadence_hours,
        min(case when is_scheduled then overdue_after_hours end) as overdue_after_hours,
        max(last_new_rows_at) as last_new_rows_at
    from {{ ref('int_source_tables_delivered') }}
    group by source
),

-- the table that is overdue first speaks for its source
first_overdue as (
    select
        source,
        table_name,
        last_new_rows_at,
        overdue_at
    from {{ ref('int_source_tables_delivered') }}
    where is_scheduled
    qualify row_number() over (partition by source order by overdue_at, table_name) = 1
),

loads as (
    select
        source,
        started_at,
        outcome,
        error,
        row_number() over (partition by source order by run_number desc) as number_back
    from {{ ref('int_runs_summed') }}
    where command = 'load'
),

loads_done as (
    select
        source,
        finished_at,
        appended_row_count,
        newest_observed_at,
        row_number() over (partition by source order by run_number desc) as number_back
    from {{ ref('int_runs_summed') }}
    where command = 'load' and outcome = 'done'
),

places as (
    select
        source,
        count(*) as location_count,
        count(case when is_silent then 1 end) as silent_location_count
    from {{ ref('agg_location_freshness') }}
    group by source
)

select
    sources.source,
    sources.is_scheduled,
    cast(sources.cadence_hours as bigint) as cadence_hours,
    cast(sources.overdue_after_hours as bigint) as overdue_after_hours,
    loads.started_at as last_load_at,
    loads.outcome as last_load_outcome,
    loads.error as last_load_error,
    loads_done.finished_at as last_loaded_at,
    loads_done.appended_row_count,
    sources.last_new_rows_at,
    loads_done.newest_observed_at,
    first_overdue.table_name as overdue_table,
    first_overdue.overdue_at,
    published.last_published_at,
    coalesce(places.location_count, 0) as location_count,
    coalesce(places.silent_location_count, 0) as silent_location_count
from sources
left join first_overdue on sources.source = first_overdue.source
left join loads on sources.source = loads.source and loads.number_back = 1
left join loads_done on sources.source = loads_done.source and loads_done.number_back = 1
left join {{ ref('int_loads_published') }} as published on sources.source = published.source
left join places on sources.source = places.source
