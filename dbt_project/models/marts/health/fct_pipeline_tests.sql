select
    unique_id,
    node_name,
    node_type,
    model_name,
    status,
    is_failure,
    is_warning,
    is_anomaly,
    failure_count,
    message,
    seconds,
    is_monitor
from {{ ref('int_node_results_judged') }}
