-- The version that counts of each month. A count of days that CLIMAT leaves out where there was no such day is 0 when the
-- month's own extreme says so: no frost where the lowest minimum was above 0 degC. The one count of cold days that CLIMAT
-- has was of Tn < 0 degC before it was of Tn <= 0: it goes to the column of its time, and what it does not say stays open.
{%- set counts_zero = "month_start_date >= cast('" ~ var('climat_frost_counts_zero_from') ~ "' as date)" %}
with latest as (
    select *
    from {{ ref('stg_climat__months') }}
    qualify row_number() over (
        partition by location_id, month_start_date order by {{ load_order() }}
    ) = 1
)

select
    location_id,
    'climat' as source,
    month_start_date,
    temperature_min_mean_c,
    temperature_max_mean_c,
    temperature_mean_c,
    temperature_min_abs_c,
    temperature_max_abs_c,
    precipitation_total_mm,
    rain_day_count,
    case
        when {{ counts_zero }} and temperature_min_0c_day_count is not null then temperature_min_0c_day_count
        when temperature_min_abs_c > 0 then 0
    end as frost_day_count,
    case
        when not {{ counts_zero }} and temperature_min_0c_day_count is not null then temperature_min_0c_day_count
        when temperature_min_abs_c >= 0 then 0
    end as temperature_min_below_0c_day_count,
    coalesce(hot_day_count, case when temperature_max_abs_c < 25 then 0 end) as hot_day_count,
    pressure_sea_level_mean_hpa,
    wind_gust_max_ms,
    cast(extract(day from {{ dbt.last_day('month_start_date', 'month') }}) as bigint) as calendar_day_count,
    temperature_extreme_day_count,
    precipitation_day_count
from latest
