{%- set figures = [
    {'name': 'temperature_mean', 'column': 'temperature_mean_c', 'complete': 'is_temperature_complete'},
    {'name': 'temperature_min', 'column': 'temperature_min_mean_c', 'complete': 'is_temperature_complete'},
    {'name': 'temperature_max', 'column': 'temperature_max_mean_c', 'complete': 'is_temperature_complete'},
    {'name': 'precipitation', 'column': 'precipitation_total_mm', 'complete': 'is_precipitation_complete'},
] -%}
{%- set first_year = var('standard_normal_first_year') -%}
{%- set last_year = var('standard_normal_last_year') -%}

-- A few hundred rows per place at most: the table is made anew in each build.
with figures as (
    {%- for figure in figures %}
    select
        location_id,
        source,
        cast(extract(month from month_start_date) as bigint) as month_number,
        cast(extract(year from month_start_date) as bigint) as year_number,
        '{{ figure.name }}' as figure,
        {{ figure.column }} as figure_value
    from {{ ref('fct_monthly_climate') }}
    where {{ figure.complete }} and {{ figure.column }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

spans as (
    select
        location_id,
        source,
        min(year_number) as first_year,
        max(year_number) as last_year
    from figures
    group by location_id, source
),

periods as (
    select
        location_id,
        source,
        '{{ first_year }}-{{ last_year }}' as reference_period,
        true as is_standard_normal,
        {{ first_year }} as reference_start_year,
        {{ last_year }} as reference_end_year
    from spans
    union all
    select
        location_id,
        source,
        'available ' || cast(first_year as text) || '-' || cast(last_year as text) as reference_period,
        false as is_standard_normal,
        first_year as reference_start_year,
        last_year as reference_end_year
    from spans
),

within_periods as (
    select
        periods.*,
        figures.month_number,
        figures.figure,
        figures.year_number,
        figures.figure_value,
        figures.year_number - 1 - coalesce(
            lag(figures.year_number) over (
                partition by
                    periods.location_id, periods.source, periods.reference_period, figures.month_number, figures.figure
                order by figures.year_number
            ),
            periods.reference_start_year - 1
        ) as years_missing_before
    from periods
    inner join figures
        on
            periods.location_id = figures.location_id
            and periods.source = figures.source
            and figures.year_number between periods.reference_start_year and periods.reference_end_year
),

statistics as (
    select
        location_id,
        source,
        month_number,
        reference_period,
        is_standard_normal,
        reference_start_year,
        reference_end_year,
        figure,
        count(*) as year_count,
        greatest(max(years_missing_before), reference_end_year - max(year_number)) as longest_gap_years,
        {{ exact_mean('figure_value') }} as mean,
        {{ exact_stddev('figure_value') }} as stddev,
        percentile_cont(0.2) within group (order by figure_value) as p20,
        percentile_cont(0.8) within group (order by figure_value) as p80
    from within_periods
    group by
        location_id, source, month_number, reference_period, is_standard_normal, reference_start_year,
        reference_end_year, figure
),

-- the years of a standard normal are those of its name: enough of them, and none of its decades left out
judged as (
    select
        *,
        not is_standard_normal
        or (
            year_count >= {{ var('standard_normal_min_years') }}
            and longest_gap_years <= {{ var('standard_normal_max_consecutive_missing_years') }}
        ) as is_given
    from statistics
),

pivoted as (
    select
        location_id,
        source,
        month_number,
        reference_period,
        is_standard_normal,
        reference_start_year,
        reference_end_year,
        {%- for figure in figures %}
        coalesce(max(case when figure = '{{ figure.name }}' then year_count end), 0) as {{ figure.name }}_year_count,
        max(case when figure = '{{ figure.name }}' then longest_gap_years end) as {{ figure.name }}_longest_gap_years,
        {%- for statistic in ['mean', 'stddev', 'p20', 'p80'] %}
        max(case when figure = '{{ figure.name }}' and is_given then {{ statistic }} end) as {{ figure.name }}_{{ statistic }},
        {%- endfor %}
        {%- endfor %}
        max(year_count) as year_count
    from judged
    group by
        location_id, source, month_number, reference_period, is_standard_normal, reference_start_year,
        reference_end_year
    having max(case when is_given then 1 else 0 end) = 1
)

select
    location_id,
    month_number,
    source,
    reference_period,
    is_standard_normal,
    cast(reference_start_year as bigint) as reference_start_year,
    cast(reference_end_year as bigint) as reference_end_year,
    year_count,
    round(temperature_mean_mean, 2) as temperature_mean_normal_c,
    round(temperature_min_mean, 2) as temperature_min_normal_c,
    round(temperature_max_mean, 2) as temperature_max_normal_c,
    round(precipitation_mean, 1) as precipitation_normal_mm,
    round(temperature_mean_stddev, 3) as temperature_mean_stddev_c,
    round(precipitation_stddev, 2) as precipitation_stddev_mm,
    round(temperature_mean_p20, 2) as temperature_mean_p20_c,
    round(temperature_mean_p80, 2) as temperature_mean_p80_c,
    round(precipitation_p20, 1) as precipitation_p20_mm,
    round(precipitation_p80, 1) as precipitation_p80_mm,
    {%- for figure in figures %}
    {{ figure.name }}_year_count,
    cast({{ figure.name }}_longest_gap_years as bigint) as {{ figure.name }}_longest_gap_years,
    {%- endfor %}
    temperature_mean_mean is not null
    and temperature_mean_year_count >= {{ var('climate_min_year_count') }} as is_temperature_established,
    precipitation_mean is not null
    and precipitation_year_count >= {{ var('climate_min_year_count') }} as is_precipitation_established
from pivoted
