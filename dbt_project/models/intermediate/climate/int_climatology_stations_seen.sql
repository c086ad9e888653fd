{{ config(materialized='table') }}

-- What the daily files call the posts, and where they put them: the newest day of each post that gives the attribute. A table,
-- because it reads all of the history and several models ask.
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
),

placed as (
    select
        coalesce(mapped.location_id, {{ insee_location_id('seen.post_id') }}) as location_id,
        seen.*
    from seen
    left join {{ ref('int_climatology_posts_mapped') }} as mapped on seen.post_id = mapped.post_id
)

{{ newest_present(
    'placed',
    order='last_weather_date desc, landed_at desc, station_name asc, latitude asc, longitude asc, altitude_m asc',
    groups=[['post_id'], ['station_name'], ['latitude', 'longitude'], ['altitude_m']],
    others={'landed_at': 'max(case when place = 1 then landed_at end)'},
) }}
