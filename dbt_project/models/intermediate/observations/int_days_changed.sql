-- UTC dates of a location whose observations have to be judged and written again. An arrival bears on the 24 h total at
-- 06 UTC of the next day, and through it (a total that repeats the day before's is suspect) on that of the day after.
with reach as (
    select 0 as days
    union all
    select 1 as days
    union all
    select 2 as days
)

select distinct
    arrived.location_id,
    arrived.source,
    cast({{ dbt.dateadd('day', 'reach.days', 'arrived.observed_date') }} as date) as observed_date
from {{ ref('int_dates_arrived') }} as arrived
cross join reach
