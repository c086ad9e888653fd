{%- set series = 'location_id, source, element, season' -%}

with record_values as (
    select
        location_id,
        source,
        element,
        direction,
        recorded_date,
        record_value,
        is_complete,
        value_count
    from {{ ref('int_record_values_selected') }}
    union all
    select
        monthly.location_id,
        monthly.source,
        monthly.element,
        monthly.direction,
        monthly.recorded_date,
        monthly.record_value,
        monthly.is_complete,
        1 as value_count
    from ({{ record_values(ref('fct_monthly_climate'), monthly_record_elements(), 'month_start_date') }}) as monthly
),

seasonal as (
    select
        *,
        'all' as season
    from record_values
    union all
    select
        *,
        cast(extract(month from recorded_date) as text) as season
    from record_values
),

compared as (
    select
        *,
        {{ best_before(series) }} as best_before,
        min(recorded_date) over (partition by {{ series }}) as first_date,
        sum(value_count) over (partition by {{ series }}) as series_value_count
    from seasonal
),

years as (
    select
        {{ series }},
        count(distinct extract(year from recorded_date)) as year_count
    from seasonal
    group by {{ series }}
),

-- every value that was a record when it came: what only equals the record leaves it to the first
records as (
    select
        *,
        lag(record_value) over (partition by {{ series }} order by recorded_date) as previous_value,
        lag(recorded_date) over (partition by {{ series }} order by recorded_date) as previous_date
    from compared
    where best_before is null or direction * record_value > best_before
),

standing as (
    select * from records
    qualify row_number() over (partition by {{ series }} order by recorded_date desc) = 1
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
    standing.first_date,
    cast(standing.series_value_count as bigint) as value_count,
    years.year_count,
    years.year_count >= {{ var('climate_min_year_count') }} as is_established
from standing
inner join years
    on
        standing.location_id = years.location_id
        and standing.source = years.source
        and standing.element = years.element
        and standing.season = years.season
