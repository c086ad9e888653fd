-- Places that the days of a post may have left or come to: a list not yet published gives it a WMO number, takes it away, or
-- gives it to another post. All places the post ever had are named, so that the rows of a build that was never published go too.
with published as (
    select
        post_id,
        wmo_id
    from {{ ref('stg_climatology__stations') }}
    where is_published
    qualify row_number() over (
        partition by post_id order by {{ landing_order() }}
    ) = 1
),

arrived as (
    select
        arriving.post_id,
        arriving.wmo_id,
        published.wmo_id as published_wmo_id
    from {{ ref('stg_climatology__stations') }} as arriving
    left join published on arriving.post_id = published.post_id
    where not arriving.is_published and arriving.wmo_id is distinct from published.wmo_id
),

numbers as (
    select wmo_id from arrived
    union
    select published_wmo_id as wmo_id from arrived
),

posts as (
    select post_id from arrived
    union
    select post_id
    from {{ ref('stg_climatology__stations') }}
    where wmo_id in (select numbers.wmo_id from numbers)
)

select
    post_id,
    {{ insee_location_id('post_id') }} as location_id
from posts
union
select
    post_id,
    'wmo:' || wmo_id as location_id
from {{ ref('stg_climatology__stations') }}
where wmo_id is not null and post_id in (select posts.post_id from posts)
