select
    unique_id,
    node_name,
    node_type,
    model_name,
    status,
    failure_count,
    message,
    seconds,
    is_monitor
from {{ source('isobar', 'node_results') }}
