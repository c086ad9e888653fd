select
    source,
    max(published_at) as last_published_at
from {{ ref('stg_isobar__published_loads') }}
group by source
