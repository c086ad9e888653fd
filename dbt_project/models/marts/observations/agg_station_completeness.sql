{%- set month_of_report = dbt.date_trunc('month', 'observed_date') -%}

with recursive sources as (
    select
        source,
        max(last_slot) as newest_slot,
        cast(min({{ month_of_report }}) as date) as first_month,
        cast(max({{ month_of_report }}) as date) as newest_month
    from {{ ref('int_observation_runs_found') }}
    group by source
),

-- every month of the calendar, also one in which nothing was published
calendar as (
    select
        source,
        newest_slot,
        newest_month,
        first_month as month_start_date
    from sources
    union all
    select
        source,
        newest_slot,
        newest_month,
        cast({{ dbt.dateadd('month', 1, 'month_start_date') }} as date) as month_start_date
    from calendar
    where month_start_date < newest_month
),

months as (
    select
        source,
        month_start_date,
        {{ slot_number('month_start_date', 'source') }} as first_slot,
        least(
            newest_slot,
            {{ slot_number(dbt.dateadd('month', 1, 'month_start_date'), 'source') }} - 1
        ) as last_slot
    from calendar
),

stations as (
    select
        location_id,
        source,
        min(first_slot) as first_slot,
        max(last_slot) as last_slot
    from {{ ref('int_observation_runs_found') }}
    group by location_id, source
),

station_months as (
    select
        stations.location_id,
        stations.source,
        months.month_start_date,
        -- a station is expected from its first report on
        greatest(months.first_slot, stations.first_slot) as first_slot,
        months.last_slot,
        months.first_slot > stations.last_slot as is_after_last_report
    from stations
    inner join months on stations.source = months.source and stations.first_slot <= months.last_slot
),

observed as (
    select
        location_id,
        source,
        cast({{ month_of_report }} as date) as month_start_date,
        sum(last_slot - first_slot + 1) as observed_count
    from {{ ref('int_observation_runs_found') }}
    group by location_id, source, cast({{ month_of_report }} as date)
),

shared as (
    select
        station_months.location_id,
        station_months.source,
        station_months.month_start_date,
        sum({{ slots_in_common(
            'station_months.first_slot', 'station_months.last_slot', 'network.first_slot', 'network.last_slot'
        ) }}) as missing_count
    from station_months
    inner join {{ ref('int_network_gaps_found') }} as network
        on
            station_months.source = network.source
            and station_months.first_slot <= network.last_slot
            and station_months.last_slot >= network.first_slot
    group by station_months.location_id, station_months.source, station_months.month_start_date
),

counted as (
    select
        station_months.location_id,
        station_months.source,
        station_months.month_start_date,
        station_months.last_slot - station_months.first_slot + 1 as expected_count,
        coalesce(observed.observed_count, 0) as observed_count,
        coalesce(shared.missing_count, 0) as network_missing_count,
        station_months.is_after_last_report
    from station_months
    left join observed
        on
            station_months.location_id = observed.location_id
            and station_months.source = observed.source
            and station_months.month_start_date = observed.month_start_date
    left join shared
        on
            station_months.location_id = shared.location_id
            and station_months.source = shared.source
            and station_months.month_start_date = shared.month_start_date
)

select
    location_id,
    source,
    month_start_date,
    expected_count,
    cast(observed_count as bigint) as observed_count,
    round(100.0 * observed_count / expected_count, 2) as completeness_pct,
    cast(network_missing_count as bigint) as network_missing_count,
    is_after_last_report,
    count(case when observed_count > 0 then 1 end) over (partition by source, month_start_date) as network_station_count
from counted
