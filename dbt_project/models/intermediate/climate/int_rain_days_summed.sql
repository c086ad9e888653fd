{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_weather_dates_changed', 'scope_key': ['location_id', 'source', 'weather_date']},
) }}
{%- set scope = ref('int_weather_dates_changed') -%}
{%- set observation_key = ['location_id', 'source', 'observed_date'] -%}
{%- set scope_key = ['location_id', 'source', 'weather_date'] -%}
{%- set rain = [1, 3, 6, 12, 24] -%}

-- Rain of a climatological day (D 06, D+1 06] UTC: the 24 h total reported at its end, and beside it the best sum of
-- disjoint parts that lie wholly in the day. Best: covering most hours, then of fewest parts (each adds a rounding).
-- The day is cut into eight slots of 3 h; the best sum up to a slot is the best sum up to where the last part begins,
-- plus that part. Only of sources that report at fixed hours: the amounts of others neither meet nor add up.
with reports as (
    select
        location_id,
        source,
        observed_at,
        observed_date,
        {%- for hours in rain %}
        precipitation_{{ hours }}h_mm,
        is_trace_{{ hours }}h,
        {%- endfor %}
        {{ reports_weather('present_weather_code') }} as reports_weather,
        {{ saw_precipitation('present_weather_code', 'past_weather_1_code', 'past_weather_2_code') }} as saw_precipitation,
        {{ window_date('observed_at', 6) }} as weather_date,
        {{ window_hour('observed_at', 6) }} as window_hour
    from {{ ref('int_observations_latest') }}
    where
        extract(minute from observed_at) = 0
        and {{ expected_observations('source') }} is not null
        and {{ within_scope(
            scope, observation_key, scope_key, reach_days=2
        ) }}
),

condemned as (
    select
        location_id,
        source,
        observed_at,
        {%- for hours in rain %}
        max(case when measure = 'precipitation_{{ hours }}h_mm' then 1 end) as rain_{{ hours }}h
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_observations_checked') }}
    where measure like 'precipitation%'
    group by location_id, source, observed_at
),

accepted as (
    select
        reports.location_id,
        reports.source,
        reports.weather_date,
        reports.window_hour,
        reports.reports_weather,
        reports.saw_precipitation,
        {%- for hours in rain %}
        case when condemned.rain_{{ hours }}h is null then reports.precipitation_{{ hours }}h_mm end as rain_{{ hours }}h,
        case when condemned.rain_{{ hours }}h is null then reports.is_trace_{{ hours }}h end as is_trace_{{ hours }}h
        {{- ',' if not loop.last }}
        {%- endfor %}
    from reports
    left join condemned
        on
            reports.location_id = condemned.location_id
            and reports.source = condemned.source
            and reports.observed_at = condemned.observed_at
),

slots as (
    select
        location_id,
        source,
        weather_date,
        max(case when window_hour = 24 then rain_24h end) as total_mm,
        {{ dbt.bool_or('window_hour = 24 and is_trace_24h') }} as total_is_trace,
        {%- for slot in range(1, 9) %}
        coalesce(
            max(case when window_hour = {{ slot * 3 }} then rain_3h end),
            case
                when count(
                    case when window_hour between {{ slot * 3 - 2 }} and {{ slot * 3 }} then rain_1h end
                ) = 3
                    then sum(case when window_hour between {{ slot * 3 - 2 }} and {{ slot * 3 }} then rain_1h end)
            end
        ) as rain_3h_{{ slot }},
        max(case when window_hour = {{ slot * 3 }} then rain_6h end) as rain_6h_{{ slot }},
        max(case when window_hour = {{ slot * 3 }} then rain_12h end) as rain_12h_{{ slot }},
        {%- endfor %}
        {{ dbt.bool_or('is_trace_3h or (is_trace_6h and window_hour >= 6) or (is_trace_12h and window_hour >= 12)') }}
            as parts_have_trace,
        count(case when reports_weather then 1 end) as weather_report_count,
        {{ dbt.bool_or('saw_precipitation') }} as saw_precipitation
    from accepted
    group by location_id, source, weather_date
),

-- score: a hundred for each hour covered, less one for each part
best_0 as (
    select *, 0 as score_0, cast(0 as double) as rain_0 from slots
),
{%- for slot in range(1, 9) %}

best_{{ slot }} as (
    select
        *,
        case score_{{ slot }}
            {%- for hours in [12, 6, 3] if slot * 3 >= hours %}
            when
                case
                    when rain_{{ hours }}h_{{ slot }} is not null
                        then score_{{ slot - hours // 3 }} + {{ hours * 100 - 1 }}
                    else -1
                end
                then rain_{{ slot - hours // 3 }} + rain_{{ hours }}h_{{ slot }}
            {%- endfor %}
            else rain_{{ slot - 1 }}
        end as rain_{{ slot }}
    from (
        select
            *,
            greatest(
                score_{{ slot - 1 }}
                {%- for hours in [12, 6, 3] if slot * 3 >= hours %},
                case
                    when rain_{{ hours }}h_{{ slot }} is not null
                        then score_{{ slot - hours // 3 }} + {{ hours * 100 - 1 }}
                    else -1
                end
                {%- endfor %}
            ) as score_{{ slot }}
        from best_{{ slot - 1 }}
    ) as scored_{{ slot }}
),
{%- endfor %}

days as (
    select
        location_id,
        source,
        weather_date,
        total_mm,
        total_is_trace,
        case when score_8 > 0 then round(rain_8, 1) end as parts_mm,
        cast(ceil(score_8 / 100.0) as integer) as parts_hours,
        cast(ceil(score_8 / 100.0) * 100 - score_8 as integer) as part_count,
        parts_have_trace,
        weather_report_count,
        saw_precipitation
    from best_8
),

compared as (
    select
        *,
        case
            when {{ rain_total_is_below('total_mm', 'parts_mm', 'part_count') }} then 'total_below_its_parts'
            -- the same total two days running, and parts of the whole day that hold much less: the first was sent again
            when
                total_mm = lag(total_mm) over (partition by location_id, source order by weather_date)
                and {{ add_days('weather_date', -1) }}
                = lag(weather_date) over (partition by location_id, source order by weather_date)
                and parts_hours = 24
                and total_mm > parts_mm + {{ var('rain_total_tolerance_mm') }}
                + {{ var('rain_part_rounding_mm') }} * part_count
                then 'total_repeated'
        end as total_check_failed
    from days
)

select
    location_id,
    source,
    weather_date,
    total_mm,
    total_is_trace,
    parts_mm,
    parts_hours,
    part_count,
    parts_have_trace,
    weather_report_count,
    saw_precipitation,
    total_check_failed,
    '{{ invocation_id }}' as build_id
from compared
where {{ within_scope(scope, scope_key, scope_key) }}
