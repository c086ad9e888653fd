{{ config(materialized='table') }}

-- UTC dates of a location on which the loads not yet published bear: the rows they brought, all dates of a place whose list
-- entry moved it (its climate zone, hence the limits it is judged by, may be another) or changed its neighbours, and all dates
-- of an id of OpenWeather that a list may have given to another place.
with arrived as (
    select location_id, source, observed_date
    from {{ ref('int_observation_versions_unioned') }}
    where not is_published
)

select location_id, source, observed_date from arrived
union
select versions.location_id, versions.source, versions.observed_date
from {{ ref('int_observation_versions_unioned') }} as versions
where
    versions.location_id in (select moved.location_id from {{ ref('int_locations_moved') }} as moved)
    or versions.location_id in (select changed.location_id from {{ ref('int_neighbours_changed') }} as changed)
    -- a WMO number that changes hands takes its place along, unless SYNOP's list says where it is
    or versions.location_id in (
        select changed.location_id
        from {{ ref('int_climatology_locations_changed') }} as changed
        where
            changed.location_id not in (
                select stations.location_id
                from {{ ref('int_stations_latest') }} as stations
                where stations.latitude is not null and stations.longitude is not null and stations.altitude_m is not null
            )
    )
union
select changed.location_id, 'openweather' as source, observations.observed_date
from {{ ref('stg_openweather__observations') }} as observations
inner join {{ ref('int_openweather_locations_changed') }} as changed
    on observations.openweather_id = changed.openweather_id
where observations.city_key is null
