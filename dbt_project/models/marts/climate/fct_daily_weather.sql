{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    cluster_by=clustered_by_year_and_place('weather_date'),
    meta={
        'scope': 'int_weather_dates_changed',
        'scope_key': ['location_id', 'source', 'weather_date'],
        'partition_by': 'weather_date',
        'guard_rows': true,
    },
) }}
{%- set scope = ref('int_weather_dates_changed') -%}
{%- set observation_key = ['location_id', 'source', 'observed_date'] -%}
{%- set key = ['location_id', 'source', 'weather_date'] -%}
{%- set checks = climatology_checks() -%}
{%- set sides = [('minima', 'minimum', 'min', 'least'), ('maxima', 'maximum', 'max', 'greatest')] -%}

-- Tn is of (D-1 18, D 18] UTC, Tx and rain of (D 06, D+1 06], all else of the UTC day: three cuts of the same reports.
with reports as (
    select
        *,
        {{ window_date('observed_at', -6) }} as minimum_date,
        {{ window_hour('observed_at', -6) }} as minimum_hour,
        {{ window_date('observed_at', 6) }} as maximum_date,
        {{ window_hour('observed_at', 6) }} as maximum_hour
    from {{ ref('int_observations_trusted') }}
    where {{ within_scope(scope, observation_key, key, reach_days=1) }}
),

{%- for extremes, extreme, min_or_max, outermost in sides %}

{{ extremes }} as (
    select
        location_id,
        source,
        {{ extreme }}_date as weather_date,
        -- reported extremes whose 12 (24) hours lie in the window
        {{ min_or_max }}(case when {{ extreme }}_hour >= 12 then temperature_{{ min_or_max }}_12h_c end) as reported_12h_c,
        {{ min_or_max }}(case when {{ extreme }}_hour = 24 then temperature_{{ min_or_max }}_24h_c end) as reported_24h_c,
        {{ min_or_max }}(temperature_c) as instantaneous_c,
        count(case when {{ extreme }}_hour = 12 then temperature_{{ min_or_max }}_12h_c end) as reported_first_half,
        count(case when {{ extreme }}_hour = 24 then temperature_{{ min_or_max }}_12h_c end) as reported_second_half,
        count(case when {{ extreme }}_hour <= 12 then temperature_c end) as seen_first_half,
        count(case when {{ extreme }}_hour > 12 then temperature_c end) as seen_second_half
    from reports
    group by location_id, source, {{ extreme }}_date
),
{%- endfor %}

utc_days as (
    select
        location_id,
        source,
        observed_date as weather_date,
        count(*) as observation_count,
        {{ exact_mean('temperature_c') }} as temperature_mean_c,
        count(temperature_c) as temperature_count,
        {{ exact_mean('wind_speed_ms') }} as wind_speed_mean_ms,
        max(wind_speed_ms) as wind_speed_max_ms,
        {{ mean_wind_direction_deg('wind_speed_ms', 'wind_direction_deg') }} as wind_direction_deg,
        max(greatest(
            coalesce(wind_gust_period_ms, wind_gust_10min_ms), coalesce(wind_gust_10min_ms, wind_gust_period_ms)
        )) as wind_gust_max_ms,
        {{ exact_mean('pressure_sea_level_hpa') }} as pressure_sea_level_mean_hpa,
        {{ exact_mean('relative_humidity_pct') }} as relative_humidity_mean_pct
    from reports
    group by location_id, source, observed_date
),

days as (
    select
        utc_days.*,
        -- the most extreme of what was reported and what was seen
        {%- for extremes, extreme, min_or_max, outermost in sides %}
        {{ outermost }}(
            coalesce({{ extremes }}.reported_12h_c, {{ extremes }}.reported_24h_c, {{ extremes }}.instantaneous_c),
            coalesce({{ extremes }}.reported_24h_c, {{ extremes }}.reported_12h_c, {{ extremes }}.instantaneous_c),
            coalesce({{ extremes }}.instantaneous_c, {{ extremes }}.reported_12h_c, {{ extremes }}.reported_24h_c)
        ) as temperature_{{ min_or_max }}_c,
        case
            when {{ extremes }}.reported_24h_c is not null then 24
            else
                {{ hours_covered(extremes ~ '.reported_first_half', extremes ~ '.seen_first_half', 'utc_days.source') }}
                + {{ hours_covered(extremes ~ '.reported_second_half', extremes ~ '.seen_second_half', 'utc_days.source') }}
        end as temperature_{{ min_or_max }}_hours,
        {%- endfor %}
        -- the reported total, unless it contradicts its parts
        rain.total_mm is not null and rain.total_check_failed is null as is_total,
        rain.total_mm,
        rain.total_is_trace,
        rain.total_check_failed,
        rain.parts_mm,
        rain.parts_hours,
        rain.parts_have_trace,
        rain.weather_report_count,
        rain.saw_precipitation
    from utc_days
    {%- for extremes, extreme, min_or_max, outermost in sides %}
    left join {{ extremes }}
        on
            utc_days.location_id = {{ extremes }}.location_id
            and utc_days.source = {{ extremes }}.source
            and utc_days.weather_date = {{ extremes }}.weather_date
    {%- endfor %}
    left join {{ ref('int_rain_days_summed') }} as rain
        on
            utc_days.location_id = rain.location_id
            and utc_days.source = rain.source
            and utc_days.weather_date = rain.weather_date
    where {{ within_scope(
        scope, ['utc_days.location_id', 'utc_days.source', 'utc_days.weather_date'], key
    ) }}
),

gauged as (
    select
        *,
        case when is_total then total_mm else parts_mm end as gauge_mm,
        case
            when
                weather_report_count >= {{ var('dew_min_weather_report_count') }} and not saw_precipitation
                then {{ var('dew_max_mm') }}
        end as dew_limit_mm
    from days
),

observed as (
    select
        location_id,
        weather_date,
        source,
        temperature_min_c,
        temperature_max_c,
        temperature_mean_c,
        {{ tntx_mean_c('temperature_min_c', 'temperature_max_c') }} as temperature_tntx_mean_c,
        case when gauge_mm <= dew_limit_mm then 0 else gauge_mm end as precipitation_mm,
        case when gauge_mm > 0 and gauge_mm <= dew_limit_mm then gauge_mm end as dew_mm,
        coalesce(case when is_total then total_is_trace else parts_have_trace end, false) as has_trace,
        wind_speed_mean_ms,
        wind_speed_max_ms,
        wind_direction_deg,
        wind_gust_max_ms,
        pressure_sea_level_mean_hpa,
        relative_humidity_mean_pct,
        observation_count,
        temperature_count,
        temperature_min_hours,
        temperature_max_hours,
        case when is_total then 24 else coalesce(parts_hours, 0) end as precipitation_hours,
        not is_total as is_from_parts,
        coalesce(total_check_failed is not null, false) as has_contradicted_total
    from gauged
),

passed as (
    select
        location_id,
        weather_date,
        source,
        {%- for measure in climatology_quantities() %}
        {{ passed(measure, checks) }} as {{ measure }},
        {%- endfor %}
        temperature_min_c as reported_min_c,
        temperature_max_c as reported_max_c
    from {{ ref('int_climatology_days_judged') }}
    where {{ within_scope(scope, key, key) }}
),

-- a day that the provider computed is whole; how many readings are behind it, and whether it had a trace, it does not say
published as (
    select
        location_id,
        weather_date,
        source,
        temperature_min_c,
        temperature_max_c,
        temperature_mean_c,
        case
            when temperature_min_c is not null and temperature_max_c is not null
                then coalesce(temperature_tntx_mean_c, {{ tntx_mean_c('temperature_min_c', 'temperature_max_c') }})
            -- not out of an extreme that is not used itself
            when reported_min_c is null and reported_max_c is null then temperature_tntx_mean_c
        end as temperature_tntx_mean_c,
        precipitation_mm,
        cast(null as double) as dew_mm,
        cast(null as boolean) as has_trace,
        wind_speed_mean_ms,
        cast(null as double) as wind_speed_max_ms,
        cast(null as double) as wind_direction_deg,
        wind_gust_max_ms,
        pressure_sea_level_mean_hpa,
        relative_humidity_mean_pct,
        cast(null as bigint) as observation_count,
        cast(null as bigint) as temperature_count,
        case when temperature_min_c is not null then 24 else 0 end as temperature_min_hours,
        case when temperature_max_c is not null then 24 else 0 end as temperature_max_hours,
        case when precipitation_mm is not null then 24 else 0 end as precipitation_hours,
        false as is_from_parts,
        false as has_contradicted_total
    from passed
),

settled as (
    select
        *,
        temperature_min_hours = 24 as is_temperature_min_complete,
        temperature_max_hours = 24 as is_temperature_max_complete,
        temperature_min_hours = 24 and temperature_max_hours = 24 as is_temperature_complete
    from (
        select * from observed
        union all
        select * from published
    ) as figures
)

select
    location_id,
    weather_date,
    source,
    temperature_min_c,
    temperature_max_c,
    round(temperature_mean_c, 2) as temperature_mean_c,
    round(temperature_tntx_mean_c, 2) as temperature_tntx_mean_c,
    -- out of extremes of two windows of which parts were not seen it can be anything, below 0 too
    case
        when is_temperature_complete
            then round({{ temperature_range_c('temperature_min_c', 'temperature_max_c') }}, 2)
    end as temperature_range_c,
    precipitation_mm,
    case when precipitation_mm is not null then precipitation_mm = 0 and has_trace end as is_trace,
    dew_mm,
    round(wind_speed_mean_ms, 2) as wind_speed_mean_ms,
    wind_speed_max_ms,
    wind_direction_deg,
    wind_gust_max_ms,
    round(pressure_sea_level_mean_hpa, 2) as pressure_sea_level_mean_hpa,
    round(relative_humidity_mean_pct, 1) as relative_humidity_mean_pct,
    observation_count,
    temperature_count,
    cast(temperature_min_hours as bigint) as temperature_min_hours,
    cast(temperature_max_hours as bigint) as temperature_max_hours,
    is_temperature_min_complete,
    is_temperature_max_complete,
    is_temperature_complete,
    cast(precipitation_hours as bigint) as precipitation_hours,
    precipitation_hours = 24 as is_precipitation_complete,
    case when precipitation_mm is not null then is_from_parts end as is_precipitation_from_parts,
    has_contradicted_total,
    case
        when is_temperature_complete
            then round({{ heating_degree_days('temperature_min_c', 'temperature_max_c', var('heating_base_c')) }}, 2)
    end as heating_degree_days_18c,
    case
        when is_temperature_complete
            then round({{ cooling_degree_days('temperature_min_c', 'temperature_max_c', var('cooling_base_c')) }}, 2)
    end as cooling_degree_days_18c,
    case
        when is_temperature_complete
            then round({{ growing_degree_days(
                'temperature_min_c', 'temperature_max_c', var('growing_base_c'), var('growing_cap_c')
            ) }}, 2)
    end as growing_degree_days_10c,
    {{ day_type('temperature_max_c >= 25', 'is_temperature_max_complete') }} as is_hot_day,
    {{ day_type('temperature_max_c >= 30', 'is_temperature_max_complete') }} as is_very_hot_day,
    {{ day_type('temperature_min_c <= 0', 'is_temperature_min_complete') }} as is_frost_day,
    {{ day_type('temperature_max_c > 0', 'is_temperature_max_complete') }} = false as is_ice_day,
    {{ day_type('temperature_min_c < 20', 'is_temperature_min_complete') }} = false as is_tropical_night,
    {{ day_type('precipitation_mm >= 1', 'precipitation_hours = 24') }} as is_rain_day,
    '{{ invocation_id }}' as build_id
from settled
