{%- set first_day = "cast('" ~ var('calendar_first_year') ~ "-01-01' as date)" -%}
{%- set year_count = var('calendar_last_year') - var('calendar_first_year') + 1 -%}

with numbers as (
    {{ dbt.generate_series(366 * year_count) }}
),

dates as (
    select cast({{ dbt.dateadd('day', 'generated_number - 1', first_day) }} as date) as date_day
    from numbers
),

numbered as (
    select
        date_day,
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
where year_number <= {{ var('calendar_last_year') }}
