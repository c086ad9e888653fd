{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    cluster_by=clustered_by_year_and_place('observed_date'),
    meta={
        'scope': 'int_days_changed',
        'scope_key': ['location_id', 'source', 'observed_date'],
        'partition_by': 'observed_at',
        'guard_rows': true,
    },
) }}
{%- set scope = ref('int_days_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}
{%- set quantities = quantity_of_measure() -%}

with accepted as (
    select
        accepted.*,
        -- a city's altitude is that of its list; its provider's pressure is of the provider's ground
        case when locations.location_kind = 'station' then locations.altitude_m end as altitude_m
        {%- for measure in computable_measures() %},
        limits.{{ quantities[measure] }}_minimum as {{ measure }}_minimum,
        limits.{{ quantities[measure] }}_maximum as {{ measure }}_maximum
        {%- endfor %}
    from {{ ref('int_observations_accepted') }} as accepted
    left join {{ ref('int_locations_zoned') }} as locations on accepted.location_id = locations.location_id
    inner join {{ ref('int_zone_limits_pivoted') }} as limits on coalesce(locations.climate_zone, 'world') = limits.climate_zone
    where {{ within_scope(scope, ['accepted.location_id', 'accepted.source', 'accepted.observed_date'], key) }}
),

-- what the station did not report, as far as the rest of its report gives it: a value that was reported and rejected stays
-- out, since what it contradicts may be what is wrong
computed as (
    select
        *,
        case
            when not is_dew_point_c_reported
                then round({{ dew_point_c('temperature_c', 'relative_humidity_pct') }}, 2)
        end as computed_dew_point_c,
        case
            when not is_relative_humidity_pct_reported
                then round({{ relative_humidity_pct('temperature_c', 'dew_point_c') }}, 1)
        end as computed_relative_humidity_pct,
        case
            when
                not is_pressure_sea_level_hpa_reported
                and altitude_m <= {{ var('pressure_reduction_max_altitude_m') }}
                then round({{ sea_level_pressure_hpa('pressure_station_hpa', 'altitude_m', 'temperature_c') }}, 2)
        end as computed_pressure_sea_level_hpa
    from accepted
),

-- what is computed of accepted values is held to the gross limits as they were: a list may have a wrong altitude
limited as (
    select
        *{% for measure in computable_measures() %},
        case
            when computed_{{ measure }} between {{ measure }}_minimum and {{ measure }}_maximum then computed_{{ measure }}
        end as possible_{{ measure }}
        {%- endfor %}
    from computed
),

observations as (
    select
        *{% for measure in computable_measures() %},
        coalesce({{ measure }}, possible_{{ measure }}) as known_{{ measure }},
        {{ measure }} is null and possible_{{ measure }} is not null as is_{{ measure }}_computed
        {%- endfor %}
    from limited
)

select
    observations.location_id,
    observations.observed_at,
    observations.observed_date,
    observations.source,
    observations.temperature_c,
    observations.known_dew_point_c as dew_point_c,
    observations.is_dew_point_c_computed as is_dew_point_computed,
    observations.known_relative_humidity_pct as relative_humidity_pct,
    observations.is_relative_humidity_pct_computed as is_relative_humidity_computed,
    observations.temperature_min_12h_c,
    observations.temperature_max_12h_c,
    observations.temperature_min_24h_c,
    observations.temperature_max_24h_c,
    observations.temperature_min_ground_c,
    observations.known_pressure_sea_level_hpa as pressure_sea_level_hpa,
    observations.is_pressure_sea_level_hpa_computed as is_pressure_sea_level_computed,
    observations.pressure_station_hpa,
    observations.pressure_tendency_3h_hpa,
    observations.wind_speed_ms,
    observations.wind_direction_deg,
    -- the gust of the whole period since the last report when there is one, else that of the last ten minutes
    coalesce(observations.wind_gust_period_ms, observations.wind_gust_10min_ms) as wind_gust_ms,
    case
        when observations.wind_gust_period_ms is not null then observations.wind_gust_period_min
        when observations.wind_gust_10min_ms is not null then 10.0
    end as wind_gust_period_min,
    observations.visibility_m,
    observations.is_visibility_capped,
    observations.cloud_cover_pct,
    observations.is_sky_obscured,
    observations.precipitation_1h_mm,
    observations.precipitation_3h_mm,
    observations.precipitation_6h_mm,
    observations.precipitation_12h_mm,
    observations.precipitation_24h_mm,
    case
        when
            coalesce(
                observations.precipitation_1h_mm, observations.precipitation_3h_mm, observations.precipitation_6h_mm,
                observations.precipitation_12h_mm, observations.precipitation_24h_mm
            ) is not null
            then
                coalesce(observations.is_trace_1h and observations.precipitation_1h_mm = 0, false)
                or coalesce(observations.is_trace_3h and observations.precipitation_3h_mm = 0, false)
                or coalesce(observations.is_trace_6h and observations.precipitation_6h_mm = 0, false)
                or coalesce(observations.is_trace_12h and observations.precipitation_12h_mm = 0, false)
                or coalesce(observations.is_trace_24h and observations.precipitation_24h_mm = 0, false)
    end as is_trace,
    observations.snow_depth_m,
    observations.fresh_snow_depth_m,
    cast(observations.present_weather_code as bigint) as present_weather_code,
    cast(observations.openweather_condition_id as bigint) as openweather_condition_id,
    case
        when weather.is_sky_state then {{ sky_condition('observations.cloud_cover_pct') }}
        else cast(coalesce(weather.condition_code, openweather.condition_code) as text)
    end as condition_code,
    round(
        {{ heat_index_c('observations.temperature_c', 'observations.known_relative_humidity_pct') }}, 2
    ) as heat_index_c,
    round({{ wind_chill_c('observations.temperature_c', 'observations.wind_speed_ms') }}, 2) as wind_chill_c,
    round({{ humidex_c('observations.temperature_c', 'observations.known_dew_point_c') }}, 2) as humidex_c,
    round({{ apparent_temperature_c(
        'observations.temperature_c', 'observations.known_relative_humidity_pct', 'observations.wind_speed_ms'
    ) }}, 2) as apparent_temperature_c,
    cast({{ beaufort('observations.wind_speed_ms') }} as bigint) as beaufort,
    coalesce(observations.worst_verdict, 'ok') as quality_flag,
    observations.landed_at as loaded_at,
    '{{ invocation_id }}' as build_id
from observations
left join {{ ref('present_weather_codes') }} as weather
    on observations.present_weather_code = weather.present_weather_code
left join {{ ref('openweather_conditions') }} as openweather
    on observations.openweather_condition_id = openweather.openweather_condition_id
