-- The place of each listed post: that of its WMO number, else its own. A number that two posts claim is the lower post's.
with latest as (
    select *
    from {{ ref('stg_climatology__stations') }}
    qualify row_number() over (
        partition by post_id order by {{ landing_order() }}
    ) = 1
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
