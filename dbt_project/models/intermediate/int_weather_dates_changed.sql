-- Weather dates to compute again. A row of date d lies in the windows of d-1 (Tx and rain, up to 06 UTC), d, and d+1 (Tn,
-- after 18 UTC); a verdict on the total of 06 UTC changes up to d+2 (int_days_changed), which is the rain of d+1.
with reach as (
    select -1 as days
    union all
    select 0 as days
    union all
    select 1 as days
    union all
    select 2 as days
)

select distinct
    arrived.location_id,
    arrived.source,
    cast({{ dbt.dateadd('day', 'reach.days', 'arrived.observed_date') }} as date) as weather_date
from {{ ref('int_dates_arrived') }} as arrived
cross join reach
union all
-- published days have no neighbours; a WMO number that changes hands may name a day twice
select distinct
    location_id,
    source,
    weather_date
from {{ ref('int_climatology_dates_arrived') }}
