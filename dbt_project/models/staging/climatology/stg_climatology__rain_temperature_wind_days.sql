-- One row per published version of a post's day of rain, temperature and wind, in the warehouse's names and units, each
-- value with its quality code. Dates are the provider's: UTC windows in metropolitan France, local ones overseas. Loads still
-- under way are left out.
with loads as (
    {{ completed_loads('raw_climatology') }}
),

days as (
    select * from {{ source('raw_climatology', 'daily_rr_t_vent') }}
)

select
    days.num_poste as post_id,
    trim(days.nom_usuel) as station_name,
    days.lat as latitude,
    days.lon as longitude,
    days.alti as altitude_m,
    days.aaaammjj as weather_date,
    {{ climatology_columns('days', climatology_rain_temperature_wind_values()) }},
    days.source_file as file_name,
    days.source_row as row_number,
    days.landed_at,
    days._dlt_load_id as load_id,
    loads.is_published
from days
inner join loads on days._dlt_load_id = loads.load_id
