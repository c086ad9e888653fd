-- Listed places, stations, climatological posts and configured cities, with what their position says: territory, time zone,
-- climate zone. Where boxes overlap the one with the smallest rank (the most particular) counts.
with observing as (
    select
        location_id,
        'station' as location_kind,
        wmo_id,
        station_name as location_name,
        latitude,
        longitude,
        altitude_m,
        opened_date,
        landed_at,
        cast(null as text) as country_code,
        cast(null as text) as timezone,
        cast(null as text) as post_id,
        false as is_climatological
    from {{ ref('int_stations_latest') }}
    union all
    select
        location_id,
        'city' as location_kind,
        cast(null as text) as wmo_id,
        city_name as location_name,
        latitude,
        longitude,
        altitude_m,
        cast(null as date) as opened_date,
        landed_at,
        country_code,
        timezone,
        cast(null as text) as post_id,
        false as is_climatological
    from {{ ref('int_cities_latest') }}
),

-- a post that a list names stands where that list says, else where its files do
posts as (
    select
        location_id,
        wmo_id,
        station_name,
        latitude,
        longitude,
        altitude_m,
        opened_date,
        landed_at,
        post_id
    from {{ ref('int_climatology_posts_mapped') }}
    union all
    select
        location_id,
        cast(null as text) as wmo_id,
        station_name,
        latitude,
        longitude,
        altitude_m,
        cast(null as date) as opened_date,
        landed_at,
        post_id
    from {{ ref('int_climatology_stations_seen') }}
    where post_id not in (select mapped.post_id from {{ ref('int_climatology_posts_mapped') }} as mapped)
),

listed as (
    select * from observing
    union all
    select
        location_id,
        'station' as location_kind,
        wmo_id,
        station_name as location_name,
        latitude,
        longitude,
        altitude_m,
        opened_date,
        landed_at,
        cast(null as text) as country_code,
        cast(null as text) as timezone,
        post_id,
        true as is_climatological
    from posts
    -- of a station in both lists, SYNOP's says where it is
    where location_id not in (select observing.location_id from observing)
),

-- the boxes were drawn around French territories and take in some of their neighbours: a city abroad is in none
boxed as (
    select * from listed
    where
        location_kind = 'station'
        or country_code in (select territories.country_code from {{ ref('territories') }} as territories)
),

zones as (
    select boxed.location_id, zones.climate_zone
    from boxed
    inner join {{ ref('climate_zones') }} as zones
        on
            boxed.latitude between zones.latitude_min and zones.latitude_max
            and boxed.longitude between zones.longitude_min and zones.longitude_max
            and boxed.altitude_m >= zones.altitude_min_m and boxed.altitude_m < zones.altitude_max_m
    qualify row_number() over (partition by boxed.location_id order by zones.zone_rank) = 1
),

territories as (
    select boxed.location_id, territories.country_code, territories.department_code, territories.timezone
    from boxed
    inner join {{ ref('territories') }} as territories
        on
            boxed.latitude between territories.latitude_min and territories.latitude_max
            and boxed.longitude between territories.longitude_min and territories.longitude_max
    qualify row_number() over (partition by boxed.location_id order by territories.territory_rank) = 1
)

select
    listed.location_id,
    listed.location_kind,
    listed.wmo_id,
    listed.location_name,
    listed.latitude,
    listed.longitude,
    listed.altitude_m,
    listed.opened_date,
    listed.landed_at,
    coalesce(listed.country_code, territories.country_code) as country_code,
    coalesce(
        departments.department_code,
        territories.department_code,
        -- a post's number begins with its department; Corsica's 20 is two of them
        case
            when substr(listed.post_id, 1, 2) between '01' and '95' and substr(listed.post_id, 1, 2) != '20'
                then substr(listed.post_id, 1, 2)
        end
    ) as department_code,
    coalesce(listed.timezone, territories.timezone) as timezone,
    zones.climate_zone,
    listed.is_climatological
from listed
left join zones on listed.location_id = zones.location_id
left join territories on listed.location_id = territories.location_id
left join {{ ref('station_departments') }} as departments on listed.wmo_id = departments.wmo_id
