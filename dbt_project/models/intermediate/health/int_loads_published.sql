-- Every source has a load before the first of its rows, in which dlt makes its tables: that one is none.
with loaded as (
    select
        source,
        min(started_at) as first_loaded_at
    from {{ ref('stg_isobar__runs') }}
    where command = 'load' and outcome = 'done'
    group by source
)

select
    loaded.source,
    max(published.published_at) as last_published_at
from loaded
inner join {{ ref('stg_isobar__published_loads') }} as published
    on loaded.source = published.source and loaded.first_loaded_at <= published.published_at
group by loaded.source
