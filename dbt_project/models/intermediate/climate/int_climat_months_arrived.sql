-- Months of which loads not yet published brought figures.
select distinct
    location_id,
    'climat' as source,
    month_start_date
from {{ ref('stg_climat__months') }}
where not is_published
