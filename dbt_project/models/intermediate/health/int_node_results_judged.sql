-- What became of each node in the last build that ran it. A monitor watches the supply of data and only warns.
select
    unique_id,
    node_name,
    node_type,
    model_name,
    status,
    status in ('error', 'fail', 'runtime error') as is_failure,
    status = 'warn' as is_warning,
    is_monitor and status in ('warn', 'fail') as is_anomaly,
    failure_count,
    message,
    seconds,
    is_monitor
from {{ ref('stg_isobar__node_results') }}
