-- A minute's calls are paced, not spent: it is the last 60 seconds, which never end and are never low.
select
    api,
    key_hash,
    period,
    call_limit,
    call_count,
    call_limit - call_count as calls_left,
    case
        when period in ('day', 'month')
            then cast(floor(call_limit * {{ var('budget_share_left') }}) as bigint)
    end as low_calls_left,
    cast(
        case period
            when 'day' then {{ dbt.dateadd('day', 1, dbt.date_trunc('day', 'counted_at')) }}
            when 'month' then {{ dbt.dateadd('month', 1, dbt.date_trunc('month', 'counted_at')) }}
        end as timestamp
    ) as period_ends_at,
    counted_at
from {{ ref('stg_isobar__api_budgets') }}
