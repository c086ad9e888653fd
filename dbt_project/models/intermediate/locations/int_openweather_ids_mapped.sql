-- Which configured city an OpenWeather id stands for; the first by name where several cities were given the same.
select
    openweather_id,
    min(city_key) as city_key
from {{ ref('int_cities_latest') }}
where openweather_id is not null
group by openweather_id
