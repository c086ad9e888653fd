{{ config(materialized='table') }}

-- Dates of validity at which the forecasts for a city have to be verified again.
{%- set lead_days = (var('verification_max_lead_hours') / 24) | round(0, 'ceil') | int %}
with reach as (
    {%- for days in range(-1, lead_days + 2) %}
    select {{ days }} as days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- what was issued on a day is valid on it and up to the longest lead after it
issued as (
    select
        arrived.location_id,
        {{ add_days('arrived.issued_date', 'reach.days') }} as valid_date
    from {{ ref('int_forecast_dates_arrived') }} as arrived
    cross join reach
    where reach.days between 0 and {{ lead_days }}
),

-- A measurement bears on what is valid within the tolerance of it, hence on the days beside its own, and as the last one
-- before the issue on all that was issued on its day or the next.
measured as (
    select
        pairs.location_id,
        {{ add_days('changed.observed_date', 'reach.days') }} as valid_date
    from {{ ref('int_days_changed') }} as changed
    inner join {{ ref('int_city_stations_paired') }} as pairs on changed.location_id = pairs.station_id
    cross join reach
),

-- a month enters the climatology of the same month of all later years
climate as (
    select
        forecasts.location_id,
        cast(forecasts.valid_at as date) as valid_date
    from {{ ref('int_months_changed') }} as changed
    inner join {{ ref('int_city_stations_paired') }} as pairs on changed.location_id = pairs.station_id
    inner join {{ ref('int_forecast_versions_unioned') }} as forecasts
        on
            pairs.location_id = forecasts.location_id
            and month(changed.month_start_date) = month(forecasts.valid_at)
            and year(changed.month_start_date) < year(forecasts.valid_at)
),

-- a place that moved may have left or come to other pairs
paired_anew as (
    select location_id
    from {{ ref('int_locations_moved') }}
    union
    select cities.location_id
    from {{ ref('int_locations_zoned') }} as cities
    inner join {{ ref('int_locations_moved') }} as stations on {{ stands_for_city('cities', 'stations') }}
    where cities.location_kind = 'city'
)

select location_id, valid_date from issued
union
select location_id, valid_date from measured
union
select location_id, valid_date from climate
union
select forecasts.location_id, cast(forecasts.valid_at as date) as valid_date
from {{ ref('int_forecast_versions_unioned') }} as forecasts
where forecasts.location_id in (select paired_anew.location_id from paired_anew)
