-- Places that rows of an OpenWeather id may have left or come to: a list not yet published may give an id to a city, take it
-- away, or hand it on. All places the id ever had are named, so that the rows of a build that was never published go as well.
with arriving as (
    select city_key
    from {{ ref('stg_openweather__cities') }}
    where not is_published
),

ids as (
    select cities.openweather_id
    from {{ ref('stg_openweather__cities') }} as cities
    where cities.openweather_id is not null and cities.city_key in (select arriving.city_key from arriving)
)

select
    openweather_id,
    'openweather:' || cast(openweather_id as text) as location_id
from ids
union
select
    cities.openweather_id,
    cities.location_id
from {{ ref('stg_openweather__cities') }} as cities
where cities.openweather_id in (select ids.openweather_id from ids)
