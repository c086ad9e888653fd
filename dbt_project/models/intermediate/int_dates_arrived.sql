-- UTC dates of a location on which the loads not yet published bear: the rows they brought, and all dates of a station
-- whose entry moved it (its climate zone, hence the limits it is judged by, may be another).
with arrived as (
    select location_id, source, observed_date
    from {{ ref('int_observation_versions_unioned') }}
    where not is_published
),

-- stations that the arriving list names
listed as (
    select location_id
    from {{ ref('stg_synop__stations') }}
    where not is_published
),

entries as (
    select stations.*
    from {{ ref('stg_synop__stations') }} as stations
    where stations.location_id in (select listed.location_id from listed)
),

current_entries as (
    select * from entries
    qualify row_number() over (
        partition by location_id order by landed_at desc, load_id desc, file_name desc, row_number desc
    ) = 1
),

published_entries as (
    select * from entries
    where is_published
    qualify row_number() over (
        partition by location_id order by landed_at desc, load_id desc, file_name desc, row_number desc
    ) = 1
),

moved as (
    select current_entries.location_id
    from current_entries
    left join published_entries on current_entries.location_id = published_entries.location_id
    where
        published_entries.location_id is null
        or current_entries.latitude is distinct from published_entries.latitude
        or current_entries.longitude is distinct from published_entries.longitude
        or current_entries.altitude_m is distinct from published_entries.altitude_m
)

select location_id, source, observed_date from arrived
union
select versions.location_id, versions.source, versions.observed_date
from {{ ref('int_observation_versions_unioned') }} as versions
where versions.location_id in (select moved.location_id from moved)
