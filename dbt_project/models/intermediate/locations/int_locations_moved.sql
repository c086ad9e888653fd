-- Places that an arriving list puts elsewhere than the lists published last, or names for the first time, with every position
-- that any list ever gave them: what depended on the old one has to be made again as much as what depends on the new.
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
        and 'wmo:' || wmo_id not in (select listed.location_id from {{ ref('stg_synop__stations') }} as listed)
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

published_entries as (
    select * from entries
    where is_published
    qualify row_number() over (
        partition by location_id order by {{ landing_order() }}
    ) = 1
),

-- any arriving entry, not only the newest: a build that was never published may have gone by another
moved as (
    select distinct entries.location_id
    from entries
    left join published_entries on entries.location_id = published_entries.location_id
    where
        not entries.is_published
        and (
            published_entries.location_id is null
            or entries.latitude is distinct from published_entries.latitude
            or entries.longitude is distinct from published_entries.longitude
            or entries.altitude_m is distinct from published_entries.altitude_m
            or entries.country_code is distinct from published_entries.country_code
        )
)

select distinct entries.location_id, entries.latitude, entries.longitude, entries.altitude_m
from entries
where entries.location_id in (select moved.location_id from moved)
