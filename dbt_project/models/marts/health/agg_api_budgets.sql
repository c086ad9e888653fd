select
    api,
    key_hash,
    period,
    call_limit,
    call_count,
    calls_left,
    low_calls_left,
    period_ends_at,
    counted_at
from {{ ref('int_api_budgets_left') }}
