-- One row per published version of an entry of the SYNOP station list.
with loads as (
    {{ completed_loads('raw_synop') }}
),

stations as (
    select * from {{ source('raw_synop', 'stations') }}
)

select
    'wmo:' || stations.id as location_id,
    stations.id as wmo_id,
    trim(stations.name) as station_name,
    stations.latitude,
    stations.longitude,
    stations.altitude as altitude_m,
    stations.opened_on as opened_date,
    stations.source_file as file_name,
    stations.source_row as row_number,
    stations.landed_at,
    stations._dlt_load_id as load_id,
    loads.is_published
from stations
inner join loads on stations._dlt_load_id = loads.load_id
