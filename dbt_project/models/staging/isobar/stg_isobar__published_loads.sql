select
    substr(schema_name, length('raw_') + 1) as source,
    load_id,
    published_at
from {{ source('isobar', 'published_loads') }}
