-- UTC dates of a location on which the loads not yet published bear: the rows they brought, all dates of a place whose list
-- entry moved it (its climate zone, hence the limits it is judged by, may be another), and all dates of an id of OpenWeather
-- that a list may have given to another place.
with arrived as (
    select location_id, source, observed_date
    from {{ ref('int_observation_versions_unioned') }}
    where not is_published
),

all_entries as (
    {%- for model in ['stg_synop__stations', 'stg_openweather__cities', 'stg_climatology__stations'] %}
    select
        {{ "'wmo:' || wmo_id as location_id" if 'climatology' in model else 'location_id' }},
        -- the list that places a station which is in both
        {{ 2 if 'climatology' in model else 1 }} as list_rank,
        latitude,
        longitude,
        altitude_m,
        {{ 'country_code' if 'cities' in model else 'cast(null as text) as country_code' }},
        landed_at,
        load_id,
        file_name,
        row_number,
        is_published
    from {{ ref(model) }}
    {{ 'where wmo_id is not null' if 'climatology' in model }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- places that the arriving lists name
listed as (
    select location_id
    from all_entries
    where not is_published
),

entries as (
    select all_entries.*
    from all_entries
    where all_entries.location_id in (select listed.location_id from listed)
),

current_entries as (
    select * from entries
    qualify row_number() over (
        partition by location_id order by list_rank asc, landed_at desc, load_id desc, file_name desc, row_number desc
    ) = 1
),

published_entries as (
    select * from entries
    where is_published
    qualify row_number() over (
        partition by location_id order by list_rank asc, landed_at desc, load_id desc, file_name desc, row_number desc
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
        or current_entries.country_code is distinct from published_entries.country_code
)

select location_id, source, observed_date from arrived
union
select versions.location_id, versions.source, versions.observed_date
from {{ ref('int_observation_versions_unioned') }} as versions
where
    versions.location_id in (select moved.location_id from moved)
    -- a WMO number that changes hands takes its place along, unless SYNOP's list says where it is
    or versions.location_id in (
        select changed.location_id
        from {{ ref('int_climatology_locations_changed') }} as changed
        where changed.location_id not in (select stations.location_id from {{ ref('stg_synop__stations') }} as stations)
    )
union
select changed.location_id, 'openweather' as source, observations.observed_date
from {{ ref('stg_openweather__observations') }} as observations
inner join {{ ref('int_openweather_locations_changed') }} as changed
    on observations.openweather_id = changed.openweather_id
where observations.city_key is null
