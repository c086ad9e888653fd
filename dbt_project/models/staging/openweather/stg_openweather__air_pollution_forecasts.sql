-- One row per step of an air quality forecast as polled; the poll stands for the time of issue, and what has none is left out.
with loads as (
    {{ completed_loads('raw_openweather') }}
),

steps as (
    select * from {{ source('raw_openweather', 'air_pollution_forecasts') }}
)

select
    'city:' || steps.city_key as location_id,
    steps.city_key,
    steps.lat as latitude,
    steps.lon as longitude,
    steps.fetched_at as issued_at,
    cast(steps.fetched_at as date) as issued_date,
    steps.dt as valid_at,
    steps.aqi as openweather_aqi,
    {{ openweather_pollutants('steps') }},
    steps.source_file as file_name,
    steps.source_row as row_number,
    steps.landed_at,
    steps._dlt_load_id as load_id,
    loads.is_published
from steps
inner join loads on steps._dlt_load_id = loads.load_id
where steps.fetched_at is not null
