-- The newest entry of each city in the list of configured cities. Absence from a later list is not a deletion.
select
    location_id,
    city_key,
    city_name,
    country_code,
    latitude,
    longitude,
    altitude_m,
    openweather_id,
    timezone,
    landed_at
from {{ ref('stg_openweather__cities') }}
qualify row_number() over (
    partition by location_id
    order by {{ landing_order() }}
) = 1
