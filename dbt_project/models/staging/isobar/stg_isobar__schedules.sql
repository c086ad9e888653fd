select
    source,
    table_name,
    cadence_hours,
    overdue_after_hours
from {{ source('isobar', 'schedules') }}
