select
    location_id,
    cast(dbt_valid_from as timestamp) as valid_from_at,
    cast(dbt_valid_to as timestamp) as valid_to_at,
    dbt_valid_to is null as is_current,
    station_name as location_name,
    latitude,
    longitude,
    altitude_m,
    opened_date
from {{ ref('snap_stations') }}
