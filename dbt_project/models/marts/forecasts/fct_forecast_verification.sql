{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_verification_dates_changed',
        'scope_key': ['location_id', 'valid_date'],
        'partition_by': 'valid_at',
    },
) }}
{%- set scope = ref('int_verification_dates_changed') -%}
{%- set gap_minutes = var('verification_max_gap_minutes') -%}
{%- set age_hours = var('persistence_max_age_hours') -%}
{%- set forecast_key = ['location_id', 'source', 'issued_at', 'valid_at', 'valid_date', 'lead_hours'] -%}
{%- set reading_key = ['station_id', 'observation_source', 'observed_at', 'observed_date'] -%}
{%- set hour_before -%}
    partition by location_id, source, extract(minute from observed_at)
    order by observed_at
    range between interval '2 hours' preceding and current row
{%- endset -%}

-- Each forecast beside what the nearest good station measured, and beside two forecasts that need no model: that nothing
-- changes after the issue (persistence), and the mean of the month and hour over earlier years (climatology).
with forecasts as (
    select *, cast(valid_at as date) as valid_date
    from {{ ref('fct_forecasts') }}
    where
        lead_hours > 0 and lead_hours <= {{ var('verification_max_lead_hours') }}
        and {{ within_scope(
            scope, ['location_id', 'cast(valid_at as date)'], ['location_id', 'valid_date'], clock='valid_at'
        ) }}
),

forecast_elements as (
    {{ elements_unpivoted('forecasts', forecast_key + ['precipitation_probability']) }}
),

-- days on which a measurement of that time may have been made: equal days can be joined, and near midnight there are two
targets as (
    {%- for minutes in [-gap_minutes, gap_minutes] %}
    select location_id, valid_at, cast({{ dbt.dateadd('minute', minutes, 'valid_at') }} as date) as observed_date
    from forecasts
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

-- back to the measurement before the first issue
readings as (
    select
        location_id as station_id,
        source as observation_source,
        observed_at,
        observed_date,
        {%- for element in verified_elements() if element != 'precipitation_3h_mm' %}
        {{ element }},
        {%- endfor %}
        -- reported, or all three of its hours
        coalesce(
            precipitation_3h_mm,
            case
                when count(precipitation_1h_mm) over ({{ hour_before }}) = 3
                    then sum(precipitation_1h_mm) over ({{ hour_before }})
            end
        ) as precipitation_3h_mm
    from {{ ref('int_observations_trusted') }}
    where
        location_id in (select pairs.station_id from {{ ref('int_city_stations_paired') }} as pairs)
        and observed_date >= (select {{ add_days('cast(min(issued_at) as date)', -1) }} from forecasts)
        and observed_date <= (select max(targets.observed_date) from targets)
),

measured as (
    {{ elements_unpivoted('readings', reading_key) }}
),

-- the nearest station that has the element; of its measurements the nearest in time
observed as (
    select
        targets.location_id,
        targets.valid_at,
        measured.element,
        measured.value as observed_value,
        measured.station_id,
        measured.observation_source,
        measured.observed_at,
        pairs.distance_km,
        pairs.altitude_difference_m,
        abs({{ dbt.datediff('targets.valid_at', 'measured.observed_at', 'second') }}) / 60.0 as gap_minutes
    from targets
    inner join {{ ref('int_city_stations_paired') }} as pairs on targets.location_id = pairs.location_id
    inner join measured
        on pairs.station_id = measured.station_id and targets.observed_date = measured.observed_date
    where
        abs({{ dbt.datediff('targets.valid_at', 'measured.observed_at', 'second') }}) <= {{ gap_minutes * 60 }}
        -- an amount belongs to its window: another end, another window
        and (measured.element != 'precipitation_3h_mm' or targets.valid_at = measured.observed_at)
    qualify row_number() over (
        partition by targets.location_id, targets.valid_at, measured.element
        order by pairs.station_rank, gap_minutes, measured.observed_at, measured.observation_source
    ) = 1
),

pairs as (
    select
        forecasts.*,
        observed.observed_value,
        observed.station_id,
        observed.observation_source,
        observed.observed_at,
        observed.distance_km,
        observed.altitude_difference_m,
        observed.gap_minutes
    from forecast_elements as forecasts
    inner join observed
        on
            forecasts.location_id = observed.location_id
            and forecasts.valid_at = observed.valid_at
            and forecasts.element = observed.element
),

issues as (
    {%- for hours in [-age_hours, 0] %}
    select
        station_id,
        observation_source,
        element,
        issued_at,
        cast({{ dbt.dateadd('hour', hours, 'issued_at') }} as date) as observed_date
    from pairs
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

persistence as (
    select
        issues.station_id,
        issues.observation_source,
        issues.element,
        issues.issued_at,
        measured.value as persistence_value
    from issues
    inner join measured
        on
            issues.station_id = measured.station_id
            and issues.observation_source = measured.observation_source
            and issues.element = measured.element
            and issues.observed_date = measured.observed_date
    where
        measured.observed_at <= issues.issued_at
        and measured.observed_at >= {{ dbt.dateadd('hour', -age_hours, 'issues.issued_at') }}
    qualify row_number() over (
        partition by issues.station_id, issues.observation_source, issues.element, issues.issued_at
        order by measured.observed_at desc
    ) = 1
),

hours_of_months as (
    select distinct
        station_id,
        observation_source,
        element,
        year(valid_at) as valid_year,
        month(valid_at) as valid_month,
        hour(valid_at) as valid_hour
    from observed
),

-- only years before: the forecasts of a year are not judged by what it turned out to be
climatology as (
    select
        hours.station_id,
        hours.observation_source,
        hours.element,
        hours.valid_year,
        hours.valid_month,
        hours.valid_hour,
        count(*) as climatology_year_count,
        round({{ exact_sum('months.value_sum') }} / sum(months.value_count), 2) as climatology_value
    from hours_of_months as hours
    inner join {{ ref('int_month_hours_summed') }} as months
        on
            hours.station_id = months.location_id
            and hours.observation_source = months.source
            and hours.element = months.element
            and hours.valid_month = month(months.month_start_date)
            and hours.valid_hour = months.hour_of_day
            and hours.valid_year > year(months.month_start_date)
    -- as for the means of a month
    where
        months.value_count
        >= day({{ dbt.last_day('months.month_start_date', 'month') }}) - {{ var('month_max_missing_days') }}
    group by
        hours.station_id, hours.observation_source, hours.element, hours.valid_year, hours.valid_month, hours.valid_hour
)

select
    pairs.location_id,
    pairs.source,
    pairs.issued_at,
    pairs.valid_at,
    pairs.valid_date,
    pairs.element,
    pairs.lead_hours,
    pairs.value as forecast_value,
    pairs.observed_value,
    round(pairs.value - pairs.observed_value, 2) as error,
    case
        when pairs.element = 'precipitation_3h_mm' then round(pairs.precipitation_probability, 2)
    end as forecast_probability,
    pairs.station_id,
    pairs.distance_km,
    pairs.altitude_difference_m,
    pairs.observation_source,
    pairs.observed_at,
    cast(pairs.gap_minutes as double) as gap_minutes,
    persistence.persistence_value,
    case
        when climatology.climatology_year_count >= {{ var('climatology_min_year_count') }} then climatology.climatology_value
    end as climatology_value,
    coalesce(climatology.climatology_year_count, 0) as climatology_year_count,
    '{{ invocation_id }}' as build_id
from pairs
left join persistence
    on
        pairs.station_id = persistence.station_id
        and pairs.observation_source = persistence.observation_source
        and pairs.element = persistence.element
        and pairs.issued_at = persistence.issued_at
left join climatology
    on
        pairs.station_id = climatology.station_id
        and pairs.observation_source = climatology.observation_source
        and pairs.element = climatology.element
        and year(pairs.valid_at) = climatology.valid_year
        and month(pairs.valid_at) = climatology.valid_month
        and hour(pairs.valid_at) = climatology.valid_hour
