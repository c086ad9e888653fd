{{ config(materialized='table') }}

-- What the daily files call the posts, and where they put them: as on the newest day of each post. A table, because it reads all
-- of the history and several models ask.
with seen as (
    {%- for model in ['stg_climatology__rain_temperature_wind_days', 'stg_climatology__other_parameter_days'] %}
    select
        post_id,
        station_name,
        latitude,
        longitude,
        altitude_m,
        max(weather_date) as last_weather_date,
        max(landed_at) as landed_at
    from {{ ref(model) }}
    group by post_id, station_name, latitude, longitude, altitude_m
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    coalesce(mapped.location_id, {{ insee_location_id('seen.post_id') }}) as location_id,
    seen.post_id,
    seen.station_name,
    seen.latitude,
    seen.longitude,
    seen.altitude_m,
    seen.landed_at
from seen
left join {{ ref('int_climatology_posts_mapped') }} as mapped on seen.post_id = mapped.post_id
qualify row_number() over (
    partition by seen.post_id
    order by
        seen.last_weather_date desc, seen.landed_at desc, seen.station_name asc,
        seen.latitude asc, seen.longitude asc, seen.altitude_m asc
) = 1
