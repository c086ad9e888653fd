-- The newest entry of each station in the station lists. Absence from a later list is not a deletion.
select
    location_id,
    wmo_id,
    station_name,
    latitude,
    longitude,
    altitude_m,
    opened_date,
    landed_at
from {{ ref('stg_synop__stations') }}
qualify row_number() over (
    partition by location_id
    order by {{ landing_order() }}
) = 1
