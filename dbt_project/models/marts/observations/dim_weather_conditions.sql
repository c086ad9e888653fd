select
    cast(condition_code as text) as condition_code,
    cast(condition_name_en as text) as condition_name_en,
    cast(condition_name_fr as text) as condition_name_fr,
    cast(severity as bigint) as severity,
    cast(display_order as bigint) as display_order
from {{ ref('weather_conditions') }}
