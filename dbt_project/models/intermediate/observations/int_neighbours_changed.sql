-- Stations whose neighbours, or their order, are not those of the station lists of the last publication: all their dates
-- have to be judged again. None, unless a list arrived that moves a station or names a new one.
{%- set compared = 'location_id, neighbour_id, neighbour_rank, distance_km, altitude_difference_m' %}

with published_entries as (
    {{ newest_present(
        '(select * from ' ~ ref('stg_synop__stations') ~ ' where is_published) as entries',
        order=landing_order(),
        groups=[['latitude', 'longitude'], ['altitude_m']],
    ) }}
),

published as (
    {{ station_neighbours('published_entries') }}
),

appeared as (
    select {{ compared }} from {{ ref('int_station_neighbours') }}
    except
    select {{ compared }} from published
),

vanished as (
    select {{ compared }} from published
    except
    select {{ compared }} from {{ ref('int_station_neighbours') }}
)

select location_id from appeared
union
select location_id from vanished
