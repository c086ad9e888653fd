-- Scope of the air quality indices: an hour bears on the means and maxima of the 23 after it.
with reach as (
    select 0 as days
    union all
    select 1 as days
)

select distinct
    arrived.location_id,
    arrived.source,
    {{ add_days('arrived.observed_date', 'reach.days') }} as observed_date
from {{ ref('int_air_quality_dates_arrived') }} as arrived
cross join reach
