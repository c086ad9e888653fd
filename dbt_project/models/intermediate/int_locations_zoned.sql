-- Locations of the station lists with what their position says: territory, time zone, climate zone. Where boxes overlap
-- the one with the smallest rank (the most particular) counts.
with stations as (
    select * from {{ ref('int_stations_latest') }}
),

zones as (
    select stations.location_id, zones.climate_zone
    from stations
    inner join {{ ref('climate_zones') }} as zones
        on
            stations.latitude between zones.latitude_min and zones.latitude_max
            and stations.longitude between zones.longitude_min and zones.longitude_max
            and stations.altitude_m >= zones.altitude_min_m and stations.altitude_m < zones.altitude_max_m
    qualify row_number() over (partition by stations.location_id order by zones.zone_rank) = 1
),

territories as (
    select stations.location_id, territories.country_code, territories.department_code, territories.timezone
    from stations
    inner join {{ ref('territories') }} as territories
        on
            stations.latitude between territories.latitude_min and territories.latitude_max
            and stations.longitude between territories.longitude_min and territories.longitude_max
    qualify row_number() over (partition by stations.location_id order by territories.territory_rank) = 1
)

select
    stations.location_id,
    stations.wmo_id,
    stations.station_name,
    stations.latitude,
    stations.longitude,
    stations.altitude_m,
    stations.opened_date,
    stations.landed_at,
    territories.country_code,
    coalesce(departments.department_code, territories.department_code) as department_code,
    territories.timezone,
    zones.climate_zone
from stations
left join zones on stations.location_id = zones.location_id
left join territories on stations.location_id = territories.location_id
left join {{ ref('station_departments') }} as departments on stations.wmo_id = departments.wmo_id
