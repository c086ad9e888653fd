-- One row per hour of air quality and answer, current and history alike. An hour may come again, revised: the later poll counts.
with loads as (
    {{ completed_loads('raw_openweather') }}
),

answers as (
    select * from {{ source('raw_openweather', 'air_pollution') }}
)

select
    'city:' || answers.city_key as location_id,
    answers.city_key,
    answers.lat as latitude,
    answers.lon as longitude,
    answers.dt as observed_at,
    cast(answers.dt as date) as observed_date,
    answers.fetched_at,
    answers.aqi as openweather_aqi,
    {{ openweather_pollutants('answers') }},
    answers.endpoint,
    answers.source_file as file_name,
    answers.source_row as row_number,
    answers.landed_at,
    answers._dlt_load_id as load_id,
    loads.is_published
from answers
inner join loads on answers._dlt_load_id = loads.load_id
