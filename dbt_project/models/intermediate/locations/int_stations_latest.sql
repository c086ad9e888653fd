-- Each station of the station lists, with the newest value of each attribute. Absence from a later list is not a deletion.
{{ newest_present(
    ref('stg_synop__stations'),
    order=landing_order(),
    groups=[['wmo_id'], ['station_name'], ['latitude', 'longitude'], ['altitude_m'], ['opened_date']],
    others={'landed_at': 'max(landed_at)'},
) }}
