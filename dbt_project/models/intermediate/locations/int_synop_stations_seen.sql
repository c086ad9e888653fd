{{ config(materialized='table') }}

-- What SYNOP's yearly files call the stations and where they put them: most of the network since 2025 is in no older list. The
-- monthly files name nobody. A table, because it reads all of the history and several models ask.
with named as (
    select
        location_id,
        wmo_id,
        nullif(trim(station_name), '') as station_name,
        case when latitude between -90 and 90 and longitude between -180 and 180 then latitude end as latitude,
        case when latitude between -90 and 90 and longitude between -180 and 180 then longitude end as longitude,
        observed_at,
        landed_at,
        is_published
    from {{ ref('stg_synop__observations') }}
)

select
    location_id,
    wmo_id,
    station_name,
    latitude,
    longitude,
    max(observed_at) as last_observed_at,
    -- of the rows that a publication has processed
    max(case when is_published then observed_at end) as published_last_observed_at,
    max(case when is_published then 0 else 1 end) = 1 as has_arrived,
    max(landed_at) as landed_at
from named
where station_name is not null or latitude is not null
group by location_id, wmo_id, station_name, latitude, longitude
