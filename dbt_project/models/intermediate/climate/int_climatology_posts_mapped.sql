-- The place of each listed post: that of its WMO number in its newest entry, else its own. A number that two posts claim is the
-- lower post's.
with latest as (
    {{ newest_present(
        ref('stg_climatology__stations'),
        key='post_id',
        order=landing_order(),
        groups=[['station_name'], ['latitude', 'longitude'], ['altitude_m'], ['opened_date']],
        others={'wmo_id': 'max(case when place = 1 then wmo_id end)', 'landed_at': 'max(landed_at)'},
    ) }}
),

claimed as (
    select
        *,
        wmo_id is not null and row_number() over (partition by wmo_id order by post_id) = 1 as has_wmo_id
    from latest
)

select
    post_id,
    case when has_wmo_id then 'wmo:' || wmo_id else {{ insee_location_id('post_id') }} end as location_id,
    case when has_wmo_id then wmo_id end as wmo_id,
    station_name,
    latitude,
    longitude,
    altitude_m,
    opened_date,
    landed_at
from claimed
