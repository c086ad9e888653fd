with observed as (
    select
        location_id,
        min(observed_at) as first_observed_at,
        max(observed_at) as last_observed_at
    from {{ ref('int_observations_latest') }}
    group by location_id
),

-- the newest answer that names the place
seen as (
    select * from {{ ref('int_openweather_places_seen') }}
    qualify row_number() over (
        partition by location_id
        order by
            case when place_name is null then 1 else 0 end asc,
            last_landed_at desc, openweather_id asc, place_name asc, latitude asc, longitude asc
    ) = 1
),

-- a place may report before any list names it
locations as (
    select location_id from {{ ref('int_locations_zoned') }}
    union
    select location_id from observed
    union
    select location_id from {{ ref('int_climat_months_latest') }}
    union
    select location_id from seen
),

described as (
    select
        locations.location_id,
        case when locations.location_id like 'wmo:%' or locations.location_id like 'insee:%' then 'station' else 'city' end
            as location_kind,
        coalesce(
            zoned.location_name, seen.place_name, {{ dbt.split_part('locations.location_id', "':'", 2) }}
        ) as location_name,
        coalesce(zoned.latitude, seen.latitude) as latitude,
        coalesce(zoned.longitude, seen.longitude) as longitude,
        zoned.altitude_m,
        coalesce(zoned.country_code, seen.country_code) as country_code,
        zoned.department_code,
        zoned.timezone,
        zoned.climate_zone,
        zoned.opened_date,
        observed.first_observed_at,
        observed.last_observed_at,
        coalesce(zoned.is_climatological, false) and observed.location_id is null as has_days_only
    from locations
    left join {{ ref('int_locations_zoned') }} as zoned on locations.location_id = zoned.location_id
    left join seen on locations.location_id = seen.location_id
    left join observed on locations.location_id = observed.location_id
),

nearest as (
    select
        cities.location_id,
        stations.location_id as station_id,
        round({{ great_circle_km('cities.latitude', 'cities.longitude', 'stations.latitude', 'stations.longitude') }}, 1)
            as distance_km
    from described as cities
    cross join described as stations
    where
        cities.location_kind = 'city'
        and cities.latitude is not null
        and stations.location_kind = 'station'
        -- what a city is compared with has to be observed at the hour
        and not stations.has_days_only
        and stations.latitude is not null
    qualify row_number() over (partition by cities.location_id order by distance_km, stations.location_id) = 1
)

select
    described.location_id,
    described.location_kind,
    described.location_name,
    described.latitude,
    described.longitude,
    described.altitude_m,
    described.country_code,
    described.department_code,
    described.timezone,
    described.climate_zone,
    -- a station needs none
    nearest.station_id as nearest_station_id,
    nearest.distance_km as nearest_station_km,
    described.opened_date,
    described.first_observed_at,
    described.last_observed_at
from described
left join nearest on described.location_id = nearest.location_id
