-- Good: no value of the report was rejected or suspect. Its age is for the reader to compute.
with newest as (
    select
        location_id,
        max(observed_at) as observed_at
    from {{ ref('fct_observations') }}
    where quality_flag = 'ok'
    group by location_id
)

select
    observations.location_id,
    observations.observed_at,
    observations.source,
    observations.temperature_c,
    observations.dew_point_c,
    observations.is_dew_point_computed,
    observations.relative_humidity_pct,
    observations.is_relative_humidity_computed,
    observations.pressure_sea_level_hpa,
    observations.is_pressure_sea_level_computed,
    observations.pressure_station_hpa,
    observations.wind_speed_ms,
    observations.wind_direction_deg,
    observations.wind_gust_ms,
    observations.visibility_m,
    observations.is_visibility_capped,
    observations.cloud_cover_pct,
    observations.precipitation_1h_mm,
    observations.precipitation_3h_mm,
    observations.precipitation_24h_mm,
    observations.is_trace,
    observations.snow_depth_m,
    observations.condition_code,
    observations.heat_index_c,
    observations.wind_chill_c,
    observations.humidex_c,
    observations.apparent_temperature_c,
    observations.beaufort,
    observations.quality_flag,
    observations.loaded_at
from {{ ref('fct_observations') }} as observations
inner join newest
    on observations.location_id = newest.location_id and observations.observed_at = newest.observed_at
-- where several sources observed at that time, the first by name
qualify row_number() over (partition by observations.location_id order by observations.source) = 1
