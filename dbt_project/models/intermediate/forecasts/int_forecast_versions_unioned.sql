-- Every step of every forecast as issued, of all sources, in one shape.
select
    {{ openweather_location_id('forecasts.city_key', 'mapped.city_key', 'forecasts.openweather_id') }} as location_id,
    'openweather' as source,
    forecasts.issued_at,
    forecasts.issued_date,
    forecasts.valid_at,
    forecasts.temperature_c,
    forecasts.pressure_sea_level_hpa,
    forecasts.relative_humidity_pct,
    forecasts.wind_speed_ms,
    forecasts.wind_direction_deg,
    forecasts.wind_gust_ms,
    forecasts.visibility_m,
    forecasts.is_visibility_capped,
    forecasts.cloud_cover_pct,
    forecasts.precipitation_3h_mm,
    forecasts.precipitation_probability,
    forecasts.openweather_condition_id,
    forecasts.has_unknown_units,
    forecasts.load_id,
    forecasts.file_name,
    forecasts.row_number,
    forecasts.landed_at,
    forecasts.is_published
from {{ ref('stg_openweather__forecasts') }} as forecasts
left join {{ ref('int_openweather_ids_mapped') }} as mapped on forecasts.openweather_id = mapped.openweather_id
