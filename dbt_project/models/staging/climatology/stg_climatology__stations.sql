-- One row per published version of an entry of the list of posts.
with loads as (
    {{ completed_loads('raw_climatology') }}
),

stations as (
    select * from {{ source('raw_climatology', 'stations') }}
)

select
    stations.id_station as post_id,
    stations.id_omm as wmo_id,
    trim(stations.nom_usuel) as station_name,
    stations.latitude,
    stations.longitude,
    stations.altitude as altitude_m,
    stations.date_ouverture as opened_date,
    stations.pack as observation_pack,
    stations.source_file as file_name,
    stations.source_row as row_number,
    stations.landed_at,
    stations._dlt_load_id as load_id,
    loads.is_published
from stations
inner join loads on stations._dlt_load_id = loads.load_id
