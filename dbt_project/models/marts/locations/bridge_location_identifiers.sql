select
    location_id,
    'wmo' as scheme,
    {{ dbt.split_part('location_id', "':'", 2) }} as identifier
from {{ ref('dim_locations') }}
where location_id like 'wmo:%'
union
select
    location_id,
    'insee' as scheme,
    post_id as identifier
from {{ ref('int_climatology_posts_mapped') }}
union
select
    location_id,
    'insee' as scheme,
    post_id as identifier
from {{ ref('int_climatology_stations_seen') }}
union
select
    location_id,
    'wigos' as scheme,
    wigos_id as identifier
from {{ ref('int_observations_latest') }}
where wigos_id is not null
union
select
    location_id,
    'openweather' as scheme,
    cast(openweather_id as text) as identifier
from {{ ref('int_cities_latest') }}
where openweather_id is not null
union
-- a city asked for by its position answers under an id of its own choice
select
    location_id,
    'openweather' as scheme,
    cast(openweather_id as text) as identifier
from {{ ref('int_openweather_places_seen') }}
where openweather_id is not null
