{#- No station stands lower or higher: a depression below the sea, and above Mont Blanc. -#}
{%- set lowest_altitude_m, highest_altitude_m = -100, 8999 -%}

-- Known places, stations, climatological posts and configured cities, with what their position says: territory, time zone,
-- climate zone. A station takes each attribute from SYNOP's list, else from the list of posts, else from SYNOP's yearly files,
-- else from the daily files of its post. Where boxes overlap the one with the smallest rank (the most particular) counts.
with named_in_files as (
    {{ newest_present(
        ref('int_synop_stations_seen'),
        order='last_observed_at desc, landed_at desc, station_name asc, latitude asc, longitude asc',
        groups=[['wmo_id'], ['station_name'], ['latitude', 'longitude']],
        others={'landed_at': 'max(landed_at)'},
    ) }}
),

described as (
    select
        location_id,
        1 as source_rank,
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
        1 as source_rank,
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
    union all
    select
        location_id,
        2 as source_rank,
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
    from {{ ref('int_climatology_posts_mapped') }}
    union all
    select
        location_id,
        3 as source_rank,
        'station' as location_kind,
        wmo_id,
        station_name as location_name,
        latitude,
        longitude,
        cast(null as double) as altitude_m,
        cast(null as date) as opened_date,
        landed_at,
        cast(null as text) as country_code,
        cast(null as text) as timezone,
        cast(null as text) as post_id,
        false as is_climatological
    from named_in_files
    union all
    select
        location_id,
        4 as source_rank,
        'station' as location_kind,
        cast(null as text) as wmo_id,
        station_name as location_name,
        latitude,
        longitude,
        altitude_m,
        cast(null as date) as opened_date,
        landed_at,
        cast(null as text) as country_code,
        cast(null as text) as timezone,
        post_id,
        true as is_climatological
    from {{ ref('int_climatology_stations_seen') }}
),

listed as (
    {{ newest_present(
        'described',
        order='source_rank',
        groups=[
            ['location_kind'], ['wmo_id'], ['location_name'], ['latitude', 'longitude'], ['altitude_m'], ['opened_date'],
            ['landed_at'], ['country_code'], ['timezone'], ['post_id'],
        ],
        others={'is_climatological': 'min(case when is_climatological then 1 else 0 end) = 1'},
    ) }}
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
            -- an unknown altitude may be any: the zone has to reach from the lowest to the highest
            and coalesce(boxed.altitude_m, {{ lowest_altitude_m }}) >= zones.altitude_min_m
            and coalesce(boxed.altitude_m, {{ highest_altitude_m }}) < zones.altitude_max_m
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
