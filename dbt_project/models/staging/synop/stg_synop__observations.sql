-- One row per published version of a SYNOP observation, in the warehouse's names and units. Codes are integers; cl, cm,
-- ch, ww, w1, w2 and etat_sol are BUFR's. Loads still under way are left out.
with loads as (
    {{ completed_loads('raw_synop') }}
),

observations as (
    select * from {{ source('raw_synop', 'observations') }}
)

select
    'wmo:' || observations.geo_id_wmo as location_id,
    observations.geo_id_wmo as wmo_id,
    observations.geo_id_wigos as wigos_id,
    observations.name as station_name,
    observations.lat as latitude,
    observations.lon as longitude,
    observations.validity_time as observed_at,
    cast(observations.validity_time as date) as observed_date,
    observations.insert_time as inserted_at,
    {{ kelvin_to_celsius('observations.t') }} as temperature_c,
    {{ kelvin_to_celsius('observations.td') }} as dew_point_c,
    observations.u as relative_humidity_pct,
    {{ kelvin_to_celsius('observations.tn12') }} as temperature_min_12h_c,
    {{ kelvin_to_celsius('observations.tx12') }} as temperature_max_12h_c,
    {{ kelvin_to_celsius('observations.tn24') }} as temperature_min_24h_c,
    {{ kelvin_to_celsius('observations.tx24') }} as temperature_max_24h_c,
    {{ kelvin_to_celsius('observations.tminsol') }} as temperature_min_ground_c,
    {{ kelvin_to_celsius('observations.tw') }} as wet_bulb_temperature_c,
    {{ pascal_to_hectopascal('observations.pmer') }} as pressure_sea_level_hpa,
    {{ pascal_to_hectopascal('observations.pres') }} as pressure_station_hpa,
    {{ pascal_to_hectopascal('observations.tend') }} as pressure_tendency_3h_hpa,
    {{ pascal_to_hectopascal('observations.tend24') }} as pressure_tendency_24h_hpa,
    cast(observations.cod_tend as integer) as pressure_tendency_code,
    {{ pascal_to_hectopascal('observations.niv_bar') }} as isobaric_level_hpa,
    observations.geop as geopotential_m2s2,
    observations.ff as wind_speed_ms,
    {{ wind_direction('observations.dd') }} as wind_direction_deg,
    observations.raf10 as wind_gust_10min_ms,
    observations.rafper as wind_gust_period_ms,
    -- the provider counts the period backwards from the observation: -10 is the last ten minutes
    abs(observations.per) as wind_gust_period_min,
    observations.vv as visibility_m,
    -- 101 (nine eighths in the code table) says that the sky cannot be seen, not how much of it is covered
    case when observations.n = 101 then null else observations.n end as cloud_cover_pct,
    observations.n = 101 as is_sky_obscured,
    cast(observations.nbas as integer) as low_cloud_cover_oktas,
    observations.hbas as cloud_base_m,
    cast(observations.cl as integer) as low_cloud_code,
    cast(observations.cm as integer) as middle_cloud_code,
    cast(observations.ch as integer) as high_cloud_code,
    cast(observations.ww as integer) as present_weather_code,
    cast(observations.w1 as integer) as past_weather_1_code,
    cast(observations.w2 as integer) as past_weather_2_code,
    cast(observations.etat_sol as integer) as ground_state_code,
    cast(observations.sw as integer) as wet_bulb_method_code,
    -- BUFR 0 13 013: -0.01 is a trace of snow, -0.02 snow that does not cover the ground (no depth can be given)
    case when observations.ht_neige = -0.01 then 0.0 when observations.ht_neige >= 0 then observations.ht_neige end
        as snow_depth_m,
    case when observations.ssfrai = -0.01 then 0.0 when observations.ssfrai >= 0 then observations.ssfrai end
        as fresh_snow_depth_m,
    abs(observations.perssfrai) as fresh_snow_period_min,
    {%- for hours in [1, 3, 6, 12, 24] %}
    {{ precipitation_mm('observations.rr' ~ hours) }} as precipitation_{{ hours }}h_mm,
    {{ is_trace('observations.rr' ~ hours) }} as is_trace_{{ hours }}h,
    {%- endfor %}
    {%- for layer in [1, 2, 3, 4] %}
    cast(observations.nnuage{{ layer }} as integer) as cloud_layer_{{ layer }}_cover_oktas,
    cast(observations.ctype{{ layer }} as integer) as cloud_layer_{{ layer }}_genus_code,
    observations.hnuage{{ layer }} as cloud_layer_{{ layer }}_base_m,
    observations.phenspe{{ layer }} as special_phenomenon_{{ layer }}_code,
    {%- endfor %}
    observations.source_file as file_name,
    observations.source_row as row_number,
    observations.landed_at,
    observations._dlt_load_id as load_id,
    loads.is_published
from observations
inner join loads on observations._dlt_load_id = loads.load_id
