-- Every version of every hour of air quality, of all sources, in one shape.
select
    location_id,
    'openweather' as source,
    observed_at,
    observed_date,
    {%- for pollutant in air_pollutants() %}
    {{ pollutant }}_ugm3,
    {%- endfor %}
    openweather_aqi,
    fetched_at as inserted_at,
    load_id,
    file_name,
    row_number,
    landed_at,
    is_published
from {{ ref('stg_openweather__air_pollution') }}
