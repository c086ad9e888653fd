-- One row per version of an entry of the list of configured cities.
with loads as (
    {{ completed_loads('raw_openweather') }}
),

cities as (
    select * from {{ source('raw_openweather', 'cities') }}
)

select
    'city:' || cities.city_key as location_id,
    cities.city_key,
    trim(cities.name) as city_name,
    cities.country as country_code,
    cities.latitude,
    cities.longitude,
    cities.altitude as altitude_m,
    cities.openweather_id,
    cities.timezone,
    cities.source_file as file_name,
    cities.source_row as row_number,
    cities.landed_at,
    cities._dlt_load_id as load_id,
    loads.is_published
from cities
inner join loads on cities._dlt_load_id = loads.load_id
