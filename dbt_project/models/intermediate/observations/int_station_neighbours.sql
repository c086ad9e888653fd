-- The stations that each station is held against.
{{ station_neighbours(ref('int_stations_latest')) }}
