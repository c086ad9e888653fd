-- What OpenWeather calls the places it answered for, and where it puts them. A city asked for by its position may come under
-- several ids (a town and its district), each with a name of its own.
with answers as (
    {%- for model in ['stg_openweather__observations', 'stg_openweather__forecasts'] %}
    select city_key, openweather_id, place_name, country_code, latitude, longitude, landed_at
    from {{ ref(model) }}
    union all
    {%- endfor %}
    {%- for model in ['stg_openweather__air_pollution', 'stg_openweather__air_pollution_forecasts'] %}
    select
        city_key,
        cast(null as bigint) as openweather_id,
        cast(null as text) as place_name,
        cast(null as text) as country_code,
        latitude,
        longitude,
        landed_at
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- few places answer again and again
places as (
    select
        city_key,
        openweather_id,
        place_name,
        country_code,
        latitude,
        longitude,
        max(landed_at) as last_landed_at
    from answers
    group by city_key, openweather_id, place_name, country_code, latitude, longitude
),

located as (
    select
        {{ openweather_location_id('places.city_key', 'mapped.city_key', 'places.openweather_id') }} as location_id,
        places.openweather_id,
        places.place_name,
        places.country_code,
        places.latitude,
        places.longitude,
        places.last_landed_at
    from places
    left join {{ ref('int_openweather_ids_mapped') }} as mapped on places.openweather_id = mapped.openweather_id
)

select
    location_id,
    openweather_id,
    place_name,
    country_code,
    latitude,
    longitude,
    max(last_landed_at) as last_landed_at
from located
group by location_id, openweather_id, place_name, country_code, latitude, longitude
