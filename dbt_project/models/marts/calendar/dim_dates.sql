with dates as (
    {{ dbt.date_spine(
        'day',
        "cast('" ~ var('calendar_first_year') ~ "-01-01' as date)",
        "cast('" ~ (var('calendar_last_year') + 1) ~ "-01-01' as date)"
    ) }}
),

numbered as (
    select
        cast(date_day as date) as date_day,
        cast(extract(year from date_day) as bigint) as year_number,
        cast(extract(month from date_day) as bigint) as month_number
    from dates
)

select
    date_day,
    year_number,
    month_number,
    cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start_date,
    case
        when month_number in (12, 1, 2) then 'DJF'
        when month_number in (3, 4, 5) then 'MAM'
        when month_number in (6, 7, 8) then 'JJA'
        else 'SON'
    end as season_code,
    case when month_number = 12 then year_number + 1 else year_number end as season_year
from numbered
