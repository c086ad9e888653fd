-- One row per answer of current weather, in the warehouse's names and units. An answer repeats until OpenWeather computes the
-- place anew, and an older one may follow a newer: `dt`, not the poll, is the time of the observation.
with loads as (
    {{ completed_loads('raw_openweather') }}
),

answers as (
    select * from {{ source('raw_openweather', 'current') }}
)

select
    answers.city_key,
    answers.openweather_id,
    nullif(trim(answers.name), '') as place_name,
    answers.country as country_code,
    answers.lat as latitude,
    answers.lon as longitude,
    answers.dt as observed_at,
    cast(answers.dt as date) as observed_date,
    answers.fetched_at,
    answers.units,
    cast(answers.timezone_s as integer) as utc_offset_s,
    {{ openweather_measures('answers') }},
    {{ openweather_precipitation_mm('answers', 1, 3) }} as precipitation_1h_mm,
    -- absence says nothing of three hours: answers of today hold one hour only
    case
        when coalesce(answers.rain_3h, answers.snow_3h) is not null
            then {{ openweather_rain_and_snow_mm('answers', 3) }}
    end as precipitation_3h_mm,
    answers.weather_ids as openweather_condition_ids,
    answers.source_file as file_name,
    answers.source_row as row_number,
    answers.landed_at,
    answers._dlt_load_id as load_id,
    loads.is_published
from answers
inner join loads on answers._dlt_load_id = loads.load_id
