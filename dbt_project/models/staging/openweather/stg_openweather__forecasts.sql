-- One row per step of a forecast as polled, in the warehouse's names and units. The answer carries no time of issue: the poll
-- stands for it. A recorded answer without one says nothing of its lead and is left out.
with loads as (
    {{ completed_loads('raw_openweather') }}
),

steps as (
    select * from {{ source('raw_openweather', 'forecasts') }}
)

select
    steps.city_key,
    steps.openweather_id,
    nullif(trim(steps.name), '') as place_name,
    steps.country as country_code,
    steps.lat as latitude,
    steps.lon as longitude,
    steps.fetched_at as issued_at,
    cast(steps.fetched_at as date) as issued_date,
    steps.dt as valid_at,
    steps.units,
    {{ openweather_measures('steps') }},
    {{ openweather_precipitation_mm('steps', 3, 1) }} as precipitation_3h_mm,
    steps.pop as precipitation_probability,
    steps.weather_ids as openweather_condition_ids,
    steps.source_file as file_name,
    steps.source_row as row_number,
    steps.landed_at,
    steps._dlt_load_id as load_id,
    loads.is_published
from steps
inner join loads on steps._dlt_load_id = loads.load_id
where steps.fetched_at is not null
