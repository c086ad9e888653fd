{#- By definition of the indicator (Meteo-France), whatever the list of stations holds. -#}
{%- set national_station_count = 30 -%}

-- Two means of (Tn + Tx) / 2, kept apart: the national one only of the climatological files and only of all its stations;
-- the available one of a fixed list of SYNOP stations that stand for them.
with listed as (
    select
        'national_30' as indicator,
        'climatology' as source,
        coalesce(identifiers.location_id, 'insee:' || stations.insee_id) as location_id,
        stations.valid_from,
        stations.valid_to
    from {{ ref('thermal_indicator_stations') }} as stations
    left join {{ ref('bridge_location_identifiers') }} as identifiers
        on identifiers.scheme = 'insee' and stations.insee_id = identifiers.identifier
    union
    select
        'available' as indicator,
        'synop' as source,
        'wmo:' || wmo_id as location_id,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    from {{ ref('thermal_indicator_stand_ins') }}
),

required as (
    select
        'national_30' as indicator,
        {{ national_station_count }} as full_station_count,
        {{ national_station_count }} as min_station_count
    union all
    select
        'available' as indicator,
        count(distinct wmo_id) as full_station_count,
        count(distinct wmo_id) - {{ var('thermal_indicator_max_missing_stations') }} as min_station_count
    from {{ ref('thermal_indicator_stand_ins') }}
),

measured as (
    select
        days.weather_date,
        listed.indicator,
        {{ exact_mean('days.temperature_tntx_mean_c') }} as temperature_c,
        count(*) as station_count
    from {{ ref('fct_daily_weather') }} as days
    inner join listed
        on
            days.location_id = listed.location_id
            and days.source = listed.source
            and days.weather_date >= coalesce(listed.valid_from, days.weather_date)
            and days.weather_date <= coalesce(listed.valid_to, days.weather_date)
    where
        days.is_temperature_complete
        or (
            listed.indicator = 'available'
            and days.temperature_min_hours >= {{ var('thermal_indicator_min_window_hours') }}
            and days.temperature_max_hours >= {{ var('thermal_indicator_min_window_hours') }}
        )
    group by days.weather_date, listed.indicator
)

select
    measured.weather_date,
    measured.indicator,
    -- a mean of fewer stations is another mean
    case when measured.station_count >= required.min_station_count then round(measured.temperature_c, 2) end
        as temperature_c,
    measured.station_count,
    cast(required.full_station_count as bigint) as full_station_count,
    measured.station_count >= required.min_station_count as is_valid
from measured
inner join required on measured.indicator = required.indicator
