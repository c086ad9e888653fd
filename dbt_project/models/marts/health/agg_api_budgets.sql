select
    api,
    key_hash,
    period,
    call_limit,
    call_count,
    calls_left,
    counted_at
from {{ ref('int_api_budgets_left') }}
