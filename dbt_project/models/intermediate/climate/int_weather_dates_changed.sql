{{ config(materialized='table') }}

-- Weather dates to compute again. A row of date d lies in the windows of d-1 (Tx and rain, up to 06 UTC), d, and d+1 (Tn,
-- after 18 UTC). An arrival changes verdicts on its station's rows of d-1 to d+1 (int_days_changed), hence d-2 to d+2; a
-- verdict on the total of 06 UTC up to d+2, which is the rain of d+1. Of the stations that have it among their neighbours it
-- changes verdicts on d only.
{%- set reaches = {'own': range(-2, 3), 'neighbours': range(-1, 2)} %}
with
{%- for name, days in reaches.items() %}
reach_of_{{ name }} as (
    {%- for n in days %}
    select {{ n }} as days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
){{ ',' if not loop.last }}
{%- endfor %}

select
    arrived.location_id,
    arrived.source,
    cast({{ dbt.dateadd('day', 'reach_of_own.days', 'arrived.observed_date') }} as date) as weather_date
from {{ ref('int_dates_arrived') }} as arrived
cross join reach_of_own
union
select
    neighbours.location_id,
    arrived.source,
    cast({{ dbt.dateadd('day', 'reach_of_neighbours.days', 'arrived.observed_date') }} as date) as weather_date
from {{ ref('int_dates_arrived') }} as arrived
inner join {{ ref('int_station_neighbours') }} as neighbours on arrived.location_id = neighbours.neighbour_id
cross join reach_of_neighbours
union
-- published days have no neighbours; a WMO number that changes hands may name a day twice
select
    location_id,
    source,
    weather_date
from {{ ref('int_climatology_dates_arrived') }}
