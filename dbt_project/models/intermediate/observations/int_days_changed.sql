{{ config(materialized='table') }}

-- UTC dates of a location whose observations have to be judged and written again. An arrival bears on its station's values of
-- a day before (a value is judged by the next one, a run by its length) to a day after; on the 24 h total at 06 UTC of the
-- next day, and through it (a total that repeats the day before's is suspect) on that of the day after; and on the stations
-- that have its station among their neighbours.
with reach as (
    select -1 as days
    union all
    select 0 as days
    union all
    select 1 as days
    union all
    select 2 as days
)

select
    arrived.location_id,
    arrived.source,
    cast({{ dbt.dateadd('day', 'reach.days', 'arrived.observed_date') }} as date) as observed_date
from {{ ref('int_dates_arrived') }} as arrived
cross join reach
union
select neighbours.location_id, arrived.source, arrived.observed_date
from {{ ref('int_dates_arrived') }} as arrived
inner join {{ ref('int_station_neighbours') }} as neighbours on arrived.location_id = neighbours.neighbour_id
