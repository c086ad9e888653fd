select
    api,
    key_hash,
    period,
    call_limit,
    call_count,
    call_limit - call_count as calls_left,
    counted_at
from {{ ref('stg_isobar__api_budgets') }}
