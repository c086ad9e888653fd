{{ config(materialized='table', meta={'partition_by': 'weather_date'}) }}
{%- set pollutants = ['pm2_5', 'pm10', 'o3', 'no2'] -%}
{%- set min_hour_count = 24 * var('air_quality_min_hour_share') -%}

-- made of reports: a day that climatology published has no reports, and no air quality
with weather as (
    select *
    from {{ ref('fct_daily_weather') }}
    where observation_count is not null
),

-- a clock hour counts once, however often it was asked for
air_quality_hours as (
    select
        location_id,
        source,
        observed_date,
        {{ dbt.date_trunc('hour', 'observed_at') }} as hour_at,
        {%- for pollutant in pollutants %}
        {{ exact_mean(pollutant ~ '_ugm3') }} as {{ pollutant }}_ugm3,
        {%- endfor %}
        max(build_id) as build_id
    from {{ ref('fct_air_quality') }}
    group by location_id, source, observed_date, {{ dbt.date_trunc('hour', 'observed_at') }}
),

air_quality as (
    select
        location_id,
        source,
        observed_date,
        {%- for pollutant in pollutants %}
        case
            when count({{ pollutant }}_ugm3) >= {{ min_hour_count }}
                then round({{ exact_mean(pollutant ~ '_ugm3') }}, 2)
        end as {{ pollutant }}_mean_ugm3,
        {%- endfor %}
        count(*) as air_quality_hour_count,
        max(build_id) as build_id
    from air_quality_hours
    group by location_id, source, observed_date
),

air_quality_index as (
    select
        location_id,
        source,
        observed_date,
        case
            when count(distinct {{ dbt.date_trunc('hour', 'observed_at') }}) >= {{ min_hour_count }}
                then max(index_value)
        end as eaqi_max,
        max(build_id) as build_id
    from {{ ref('fct_air_quality_indices') }}
    where index_name = 'eaqi_2025'
    group by location_id, source, observed_date
),

air as (
    select
        air_quality.*,
        air_quality_index.eaqi_max,
        air_quality_index.build_id as index_build_id
    from air_quality
    left join air_quality_index
        on
            air_quality.location_id = air_quality_index.location_id
            and air_quality.source = air_quality_index.source
            and air_quality.observed_date = air_quality_index.observed_date
),

days as (
    select
        coalesce(weather.location_id, air.location_id) as location_id,
        coalesce(weather.weather_date, air.observed_date) as weather_date,
        coalesce(weather.source, air.source) as source,
        weather.temperature_mean_c,
        weather.temperature_min_c,
        weather.temperature_max_c,
        weather.is_temperature_complete,
        weather.pressure_sea_level_mean_hpa,
        weather.wind_speed_mean_ms,
        weather.wind_speed_max_ms,
        weather.wind_gust_max_ms,
        weather.relative_humidity_mean_pct,
        -- amounts that do not cover the day are no rain of the day
        case when weather.is_precipitation_complete then weather.precipitation_mm end as precipitation_mm,
        weather.precipitation_hours,
        {%- for pollutant in pollutants %}
        air.{{ pollutant }}_mean_ugm3,
        {%- endfor %}
        air.eaqi_max,
        coalesce(weather.observation_count, 0) as observation_count,
        coalesce(air.air_quality_hour_count, 0) as air_quality_hour_count,
        coalesce(weather.build_id, '') as weather_build_id,
        coalesce(air.build_id, '') as air_build_id,
        coalesce(air.index_build_id, '') as index_build_id
    from weather
    full outer join air
        on
            weather.location_id = air.location_id
            and weather.source = air.source
            and weather.weather_date = air.observed_date
),

-- of two sources that report one place, the one with more reports: a day's figures are all of one source
chosen as (
    select *
    from days
    qualify row_number() over (
        partition by location_id, weather_date order by observation_count desc, source asc
    ) = 1
),

-- a place's name is in all of its rows: rows of another name are other rows, of no other build
places as (
    select
        location_id,
        location_name,
        location_kind,
        country_code,
        department_code,
        {{ dbt.hash(dbt.concat([
            "coalesce(location_name, '')", "'|'", "location_kind", "'|'", "coalesce(country_code, '')", "'|'",
            "coalesce(department_code, '')"
        ])) }} as name_hash
    from {{ ref('dim_locations') }}
)

select
    chosen.location_id,
    chosen.weather_date,
    chosen.source,
    places.location_name,
    places.location_kind,
    places.country_code,
    places.department_code,
    chosen.temperature_mean_c,
    chosen.temperature_min_c,
    chosen.temperature_max_c,
    chosen.is_temperature_complete,
    chosen.pressure_sea_level_mean_hpa,
    chosen.wind_speed_mean_ms,
    chosen.wind_speed_max_ms,
    chosen.wind_gust_max_ms,
    chosen.relative_humidity_mean_pct,
    chosen.precipitation_mm,
    chosen.precipitation_hours,
    {%- for pollutant in pollutants %}
    chosen.{{ pollutant }}_mean_ugm3,
    {%- endfor %}
    chosen.eaqi_max,
    chosen.observation_count,
    chosen.air_quality_hour_count,
    {{ dbt.concat([
        'chosen.weather_build_id', "'|'", 'chosen.air_build_id', "'|'", 'chosen.index_build_id', "'|'", 'places.name_hash'
    ]) }} as build_id
from chosen
inner join places on chosen.location_id = places.location_id
