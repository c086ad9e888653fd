-- What each raw table was last given, and until when it need not be given more. Rows that a killed load brought count: they are
-- told by raw tables, not by runs.
with fetched as (
    select
        source,
        min(finished_at) as first_fetched_at
    from {{ ref('stg_isobar__runs') }}
    where is_fetched and outcome = 'done'
    group by source
)

select
    schedules.source,
    schedules.table_name,
    schedules.cadence_hours,
    schedules.overdue_after_hours,
    delivered.last_new_rows_at,
    fetched.first_fetched_at is not null and schedules.cadence_hours is not null as is_scheduled,
    case
        when fetched.first_fetched_at is not null
            then {{ dbt.dateadd(
                'hour',
                'schedules.overdue_after_hours',
                'coalesce(delivered.last_new_rows_at, fetched.first_fetched_at)'
            ) }}
    end as overdue_at
from {{ ref('stg_isobar__schedules') }} as schedules
left join fetched on schedules.source = fetched.source
left join {{ ref('stg_isobar__deliveries') }} as delivered
    on schedules.source = delivered.source and schedules.table_name = delivered.table_name
