with observed as (
    select
        location_id,
        min(observed_at) as first_observed_at,
        max(observed_at) as last_observed_at
    from {{ ref('int_observations_latest') }}
    group by location_id
),

-- a station may report before any list names it
locations as (
    select location_id from {{ ref('int_locations_zoned') }}
    union
    select location_id from observed
)

select
    locations.location_id,
    'station' as location_kind,
    coalesce(zoned.station_name, {{ dbt.split_part('locations.location_id', "':'", 2) }}) as location_name,
    zoned.latitude,
    zoned.longitude,
    zoned.altitude_m,
    zoned.country_code,
    zoned.department_code,
    zoned.timezone,
    zoned.climate_zone,
    -- for cities: the station that stands for them; a station needs none
    cast(null as text) as nearest_station_id,
    cast(null as double) as nearest_station_km,
    zoned.opened_date,
    observed.first_observed_at,
    observed.last_observed_at
from locations
left join {{ ref('int_locations_zoned') }} as zoned on locations.location_id = zoned.location_id
left join observed on locations.location_id = observed.location_id
