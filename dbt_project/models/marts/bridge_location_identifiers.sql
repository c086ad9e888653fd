select
    location_id,
    'wmo' as scheme,
    {{ dbt.split_part('location_id', "':'", 2) }} as identifier
from {{ ref('dim_locations') }}
where location_id like 'wmo:%'
union
select
    location_id,
    'wigos' as scheme,
    wigos_id as identifier
from {{ ref('int_observations_latest') }}
where wigos_id is not null
