select
    run_id,
    table_name,
    appended_row_count,
    rejected_cell_count
from {{ source('isobar', 'run_tables') }}
