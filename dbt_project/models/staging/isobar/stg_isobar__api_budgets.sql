select
    api,
    key_hash,
    period,
    call_limit,
    call_count,
    counted_at
from {{ source('isobar', 'api_budgets') }}
