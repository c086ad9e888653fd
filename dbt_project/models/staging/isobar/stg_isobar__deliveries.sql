select
    source,
    table_name,
    last_new_rows_at
from {{ source('isobar', 'deliveries') }}
