-- Stations whose measurements may stand for a city: near enough, and at about its altitude. Rank 1 is the nearest.
with pairs as (
    select
        cities.location_id,
        stations.location_id as station_id,
        {{ great_circle_km('cities.latitude', 'cities.longitude', 'stations.latitude', 'stations.longitude') }} as distance_km,
        stations.altitude_m - cities.altitude_m as altitude_difference_m
    from {{ ref('int_locations_zoned') }} as cities
    inner join {{ ref('int_locations_zoned') }} as stations
        on stations.location_kind = 'station' and {{ stands_for_city('cities', 'stations') }}
    where cities.location_kind = 'city'
)

select
    location_id,
    station_id,
    round(distance_km, 1) as distance_km,
    round(altitude_difference_m, 1) as altitude_difference_m,
    row_number() over (partition by location_id order by distance_km, station_id) as station_rank
from pairs
