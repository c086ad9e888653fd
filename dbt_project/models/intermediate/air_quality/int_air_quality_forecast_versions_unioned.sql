-- Every step of every air quality forecast as issued, of all sources, in one shape.
select
    location_id,
    'openweather' as source,
    issued_at,
    issued_date,
    valid_at,
    {%- for pollutant in air_pollutants() %}
    {{ pollutant }}_ugm3,
    {%- endfor %}
    openweather_aqi,
    load_id,
    file_name,
    row_number,
    landed_at,
    is_published
from {{ ref('stg_openweather__air_pollution_forecasts') }}
