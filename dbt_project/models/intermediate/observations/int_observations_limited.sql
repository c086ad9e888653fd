{%- set quantities = quantity_of_measure() -%}

-- Observations held to the gross limits of their climate zone: a value outside is null here, and stays in reported_*. What
-- the other checks judge, and judge by.
select
    latest.location_id,
    latest.source,
    latest.observed_at,
    latest.observed_date,
    locations.climate_zone,
    -- a city's pressure is that of its provider's ground, not of the altitude in the list
    case when locations.location_kind = 'station' then locations.altitude_m end as altitude_m,
    latest.wind_gust_period_min,
    latest.has_unknown_units,
    latest.build_id,
    {%- for measure, quantity in quantities.items() %}
    latest.{{ measure }} as reported_{{ measure }},
    case
        when latest.{{ measure }} between limits.{{ quantity }}_minimum and limits.{{ quantity }}_maximum
            then latest.{{ measure }}
    end as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('int_observations_latest') }} as latest
left join {{ ref('int_locations_zoned') }} as locations on latest.location_id = locations.location_id
inner join {{ ref('int_zone_limits_pivoted') }} as limits on coalesce(locations.climate_zone, 'world') = limits.climate_zone
