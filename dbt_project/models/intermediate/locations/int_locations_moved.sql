-- Places that an arriving list puts elsewhere than the lists published last, or names for the first time, and unlisted stations
-- that an arriving file puts elsewhere, with every position that they ever had: what depended on the old one has to be made again
-- as much as what depends on the new.
{#- The project's own list is taken at its word: what it leaves blank is gone. A provider's blank takes nothing away. -#}
{%- set is_city = "location_id like 'city:%'" -%}
{%- set described = 'latitude is not null and longitude is not null and altitude_m is not null' %}

with entries as (
    {%- for model in ['stg_synop__stations', 'stg_openweather__cities', 'stg_climatology__stations'] %}
    select
        {{ "'wmo:' || wmo_id as location_id" if 'climatology' in model else 'location_id' }},
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
    {%- if 'climatology' in model %}
    -- a station of both lists is where SYNOP's puts it
    where
        wmo_id is not null
        and 'wmo:' || wmo_id not in (
            select listed.location_id
            from {{ ref('int_stations_latest') }} as listed
            where {{ described }}
        )
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

published_entries as (
    {{ newest_present(
        '(select * from entries where is_published and not ' ~ is_city ~ ') as published',
        order=landing_order(),
        groups=[['latitude', 'longitude'], ['altitude_m'], ['country_code']],
    ) }}
    union all
    select location_id, latitude, longitude, altitude_m, country_code
    from entries
    where is_published and {{ is_city }}
    qualify row_number() over (
        partition by location_id order by {{ landing_order() }}
    ) = 1
),

-- any arriving entry, not only the newest: a build that was never published may have gone by another
moved as (
    select entries.location_id
    from entries
    left join published_entries on entries.location_id = published_entries.location_id
    where
        not entries.is_published
        and (
            published_entries.location_id is null
            {%- for attribute in ['latitude', 'longitude', 'altitude_m', 'country_code'] %}
            or (
                (entries.{{ attribute }} is not null or entries.{{ is_city }})
                and entries.{{ attribute }} is distinct from published_entries.{{ attribute }}
            )
            {%- endfor %}
        )
),

published_files as (
    {{ newest_present(
        '(select * from ' ~ ref('int_synop_stations_seen') ~ ' where published_last_observed_at is not null) as published',
        order='published_last_observed_at desc, landed_at desc, station_name asc, latitude asc, longitude asc',
        groups=[['latitude', 'longitude']],
    ) }}
),

moved_in_files as (
    select seen.location_id
    from {{ ref('int_synop_stations_seen') }} as seen
    left join published_files on seen.location_id = published_files.location_id
    where
        seen.has_arrived
        and seen.latitude is not null
        and (
            seen.latitude is distinct from published_files.latitude
            or seen.longitude is distinct from published_files.longitude
        )
        -- a listed station is where its list puts it
        and seen.location_id not in (
            select listed.location_id
            from {{ ref('int_stations_latest') }} as listed
            where listed.latitude is not null
        )
)

select distinct location_id, latitude, longitude, altitude_m
from entries
where location_id in (select moved.location_id from moved)
union
select location_id, latitude, longitude, cast(null as double) as altitude_m
from {{ ref('int_synop_stations_seen') }}
where location_id in (select moved_in_files.location_id from moved_in_files)
