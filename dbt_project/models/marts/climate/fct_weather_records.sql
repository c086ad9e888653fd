{%- set series = 'location_id, source, element' -%}

with record_values as (
    select
        location_id,
        source,
        element,
        direction,
        cast(extract(month from recorded_date) as bigint) as month_number,
        recorded_date,
        record_value,
        is_complete,
        value_count
    from {{ ref('fct_record_values') }}
    {%- for each in monthly_record_elements() %}
    union all
    select
        location_id,
        source,
        '{{ each.element }}' as element,
        {{ each.direction }} as direction,
        cast(extract(month from month_start_date) as bigint) as month_number,
        month_start_date as recorded_date,
        {{ record_value(each) }} as record_value,
        {{ each.is_complete }} as is_complete,
        1 as value_count
    from {{ ref('fct_monthly_climate') }}
    where {{ record_value(each) }} is not null
    {%- endfor %}
),

-- every value that was a record of its month of the year when it came: what only equals the record leaves it to the first
of_the_month as (
    {{ values_exceeding('record_values', series ~ ', month_number') }}
),

-- a record of all time is one of its month of the year as well
of_all_time as (
    {{ values_exceeding('of_the_month', series) }}
),

records as (
    select
        location_id,
        source,
        element,
        cast(month_number as text) as season,
        recorded_date,
        record_value,
        is_complete
    from of_the_month
    union all
    select
        location_id,
        source,
        element,
        'all' as season,
        recorded_date,
        record_value,
        is_complete
    from of_all_time
),

succeeded as (
    select
        *,
        lag(record_value) over (partition by {{ series }}, season order by recorded_date) as previous_value,
        lag(recorded_date) over (partition by {{ series }}, season order by recorded_date) as previous_date,
        row_number() over (partition by {{ series }}, season order by recorded_date desc) as place
    from records
),

-- the first value of a month stands for all of them
months as (
    select
        location_id,
        source,
        element,
        month_number,
        cast(extract(year from recorded_date) as bigint) as year_number,
        recorded_date as first_date,
        value_count,
        -- of a month with more days missing, the record may lie among those; a monthly figure is of all days
        case
            when element like '%monthly%' then 1
            when
                value_count + {{ var('month_max_missing_days') }}
                >= extract(day from {{ dbt.last_day('recorded_date', 'month') }})
                then 1
            else 0
        end as is_covered
    from record_values
    where value_count > 0
),

months_of_the_year as (
    select
        location_id,
        source,
        element,
        month_number,
        min(first_date) as first_date,
        sum(value_count) as value_count,
        count(*) as year_count,
        sum(is_covered) as covered_year_count
    from months
    group by location_id, source, element, month_number
),

years as (
    select
        location_id,
        source,
        element,
        count(distinct year_number) as year_count
    from months
    group by location_id, source, element
),

series_counts as (
    select
        location_id,
        source,
        element,
        cast(month_number as text) as season,
        first_date,
        value_count,
        year_count,
        covered_year_count
    from months_of_the_year
    union all
    select
        months_of_the_year.location_id,
        months_of_the_year.source,
        months_of_the_year.element,
        'all' as season,
        min(months_of_the_year.first_date) as first_date,
        sum(months_of_the_year.value_count) as value_count,
        max(years.year_count) as year_count,
        -- a record of all the year is one of each month of it: a station with summers alone has no cold to speak of
        case when count(*) = 12 then min(months_of_the_year.covered_year_count) else 0 end as covered_year_count
    from months_of_the_year
    inner join years
        on
            months_of_the_year.location_id = years.location_id
            and months_of_the_year.source = years.source
            and months_of_the_year.element = years.element
    group by months_of_the_year.location_id, months_of_the_year.source, months_of_the_year.element
)

select
    standing.location_id,
    standing.source,
    standing.element,
    standing.season,
    standing.record_value,
    standing.recorded_date,
    standing.is_complete,
    standing.previous_value,
    standing.previous_date,
    series_counts.first_date,
    cast(series_counts.value_count as bigint) as value_count,
    series_counts.year_count,
    cast(series_counts.covered_year_count as bigint) as covered_year_count,
    series_counts.covered_year_count >= {{ var('climate_min_year_count') }} as is_established
from succeeded as standing
inner join series_counts
    on
        standing.location_id = series_counts.location_id
        and standing.source = series_counts.source
        and standing.element = series_counts.element
        and standing.season = series_counts.season
where standing.place = 1
