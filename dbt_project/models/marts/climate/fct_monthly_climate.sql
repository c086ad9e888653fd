{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_months_changed',
        'scope_key': ['location_id', 'source', 'month_start_date'],
        'partition_by': 'month_start_date',
        'guard_rows': true,
    },
) }}
{%- set scope = ref('int_months_changed') -%}
{%- set key = ['location_id', 'source', 'month_start_date'] -%}
{%- set checks = climat_checks() -%}
{%- set published_measures = checks | map(attribute='measure') | unique -%}

with days as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'weather_date') }} as date) as month_start_date,
        cast({{ dbt.last_day('weather_date', 'month') }} as date) as month_end_date,
        -- a day that lacks a report or two still says more of its month than a day left out
        temperature_min_hours >= {{ var('month_min_window_hours') }} as is_temperature_min_usable,
        temperature_max_hours >= {{ var('month_min_window_hours') }} as is_temperature_max_usable,
        {{ day_type('temperature_min_c < 0', 'is_temperature_min_complete') }} as is_below_0c_day
    from {{ ref('fct_daily_weather') }}
    -- a polled source has no whole day, hence no month: its count of rain days would be 0 whatever fell
    where {{ has_whole_days('source') }}
),

changed as (
    select *
    from days
    where {{ within_scope(scope, key, key) }}
),

-- Days without a complete Tn and Tx between two days that have both; the month's edges count as such.
runs as (
    select
        location_id,
        source,
        month_start_date,
        max(days_missing) as longest_run
    from (
        select
            location_id,
            source,
            month_start_date,
            {{ dbt.datediff(
                "coalesce(lag(weather_date) over (partition by location_id, source, month_start_date "
                ~ "order by weather_date), " ~ add_days('month_start_date', -1) ~ ")",
                'weather_date', 'day'
            ) }} - 1 as days_missing
        from (
            select location_id, source, month_start_date, weather_date
            from changed
            where is_temperature_complete
            union all
            select distinct location_id, source, month_start_date, {{ add_days('month_end_date', 1) }} as weather_date
            from changed
        ) as complete_days
    ) as gaps
    group by location_id, source, month_start_date
),

months as (
    select
        location_id,
        source,
        month_start_date,
        max(extract(day from month_end_date)) as calendar_day_count,
        count(*) as observed_day_count,
        {{ exact_mean('case when is_temperature_min_usable then temperature_min_c end') }} as temperature_min_mean_c,
        {{ exact_mean('case when is_temperature_max_usable then temperature_max_c end') }} as temperature_max_mean_c,
        {{ exact_mean('temperature_mean_c') }} as temperature_mean_c,
        {{ exact_mean('case when is_temperature_min_usable and is_temperature_max_usable then temperature_tntx_mean_c end') }}
            as temperature_tntx_mean_c,
        min(temperature_min_c) as temperature_min_abs_c,
        max(temperature_max_c) as temperature_max_abs_c,
        {{ exact_sum('precipitation_mm') }} as precipitation_total_mm,
        -- where no day is known, neither is the count
        case when count(is_rain_day) > 0 then count(case when is_rain_day then 1 end) end as rain_day_count,
        case when count(is_frost_day) > 0 then count(case when is_frost_day then 1 end) end as frost_day_count,
        case when count(is_below_0c_day) > 0 then count(case when is_below_0c_day then 1 end) end
            as temperature_min_below_0c_day_count,
        case when count(is_hot_day) > 0 then count(case when is_hot_day then 1 end) end as hot_day_count,
        {{ exact_mean('pressure_sea_level_mean_hpa') }} as pressure_sea_level_mean_hpa,
        {{ exact_mean('wind_speed_mean_ms') }} as wind_speed_mean_ms,
        max(wind_gust_max_ms) as wind_gust_max_ms,
        {{ exact_mean('relative_humidity_mean_pct') }} as relative_humidity_mean_pct,
        {{ exact_sum('heating_degree_days_18c') }} as heating_degree_days_18c,
        {{ exact_sum('cooling_degree_days_18c') }} as cooling_degree_days_18c,
        count(case when is_temperature_min_usable then temperature_min_c end) as temperature_min_day_count,
        count(case when is_temperature_max_usable then temperature_max_c end) as temperature_max_day_count,
        count(case when is_temperature_complete then 1 end) as temperature_day_count,
        count(case when is_precipitation_complete then 1 end) as precipitation_day_count
    from changed
    group by location_id, source, month_start_date
),

-- what the provider computed itself, without what failed a check
published as (
    select
        location_id,
        source,
        month_start_date,
        {%- for measure in published_measures %}
        {{ passed(measure, checks) }} as {{ measure }},
        {%- endfor %}
        calendar_day_count,
        calendar_day_count - {{ passed('temperature_extreme_day_count', checks) }} as missing_day_count
    from {{ ref('int_climat_months_judged') }}
    where {{ within_scope(scope, key, key) }}
)

select
    months.location_id,
    months.month_start_date,
    months.source,
    round(months.temperature_min_mean_c, 2) as temperature_min_mean_c,
    round(months.temperature_max_mean_c, 2) as temperature_max_mean_c,
    round(months.temperature_mean_c, 2) as temperature_mean_c,
    round(months.temperature_tntx_mean_c, 2) as temperature_tntx_mean_c,
    months.temperature_min_abs_c,
    months.temperature_max_abs_c,
    round(months.precipitation_total_mm, 1) as precipitation_total_mm,
    months.rain_day_count,
    months.frost_day_count,
    months.temperature_min_below_0c_day_count,
    months.hot_day_count,
    round(months.pressure_sea_level_mean_hpa, 2) as pressure_sea_level_mean_hpa,
    round(months.wind_speed_mean_ms, 2) as wind_speed_mean_ms,
    months.wind_gust_max_ms,
    round(months.relative_humidity_mean_pct, 1) as relative_humidity_mean_pct,
    round(months.heating_degree_days_18c, 2) as heating_degree_days_18c,
    round(months.cooling_degree_days_18c, 2) as cooling_degree_days_18c,
    cast(months.calendar_day_count as bigint) as calendar_day_count,
    months.observed_day_count,
    months.temperature_min_day_count,
    months.temperature_max_day_count,
    months.temperature_day_count,
    cast(runs.longest_run as bigint) as longest_temperature_gap_days,
    months.precipitation_day_count,
    months.calendar_day_count - months.temperature_day_count <= {{ var('month_max_missing_days') }}
    and runs.longest_run <= {{ var('month_max_consecutive_missing_days') }} as is_temperature_complete,
    months.precipitation_day_count = months.calendar_day_count as is_precipitation_complete,
    '{{ invocation_id }}' as build_id
from months
inner join runs
    on
        months.location_id = runs.location_id
        and months.source = runs.source
        and months.month_start_date = runs.month_start_date

union all

select
    location_id,
    month_start_date,
    source,
    temperature_min_mean_c,
    temperature_max_mean_c,
    temperature_mean_c,
    cast(null as double) as temperature_tntx_mean_c,
    temperature_min_abs_c,
    temperature_max_abs_c,
    precipitation_total_mm,
    rain_day_count,
    frost_day_count,
    temperature_min_below_0c_day_count,
    hot_day_count,
    pressure_sea_level_mean_hpa,
    cast(null as double) as wind_speed_mean_ms,
    wind_gust_max_ms,
    cast(null as double) as relative_humidity_mean_pct,
    cast(null as double) as heating_degree_days_18c,
    cast(null as double) as cooling_degree_days_18c,
    calendar_day_count,
    cast(null as bigint) as observed_day_count,
    temperature_extreme_day_count as temperature_min_day_count,
    temperature_extreme_day_count as temperature_max_day_count,
    temperature_extreme_day_count as temperature_day_count,
    cast(case when missing_day_count = 0 then 0 end as bigint) as longest_temperature_gap_days,
    precipitation_day_count,
    -- where the days missing lie is not said: only so few of them can be no run that is too long
    coalesce(missing_day_count <= {{ var('month_max_consecutive_missing_days') }}, false)
    and temperature_min_mean_c is not null and temperature_max_mean_c is not null as is_temperature_complete,
    coalesce(precipitation_day_count = calendar_day_count, false)
    and precipitation_total_mm is not null as is_precipitation_complete,
    '{{ invocation_id }}' as build_id
from published
