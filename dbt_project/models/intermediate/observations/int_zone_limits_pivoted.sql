-- Limits of every climate zone, one row each; a zone without a limit of its own takes the world's. The zone `world` serves
-- the locations whose position is unknown.
{% set quantities = quantity_of_measure().values() | unique | list %}
with zones as (
    select distinct climate_zone from {{ ref('measure_limits') }}
    union
    select climate_zone from {{ ref('climate_zones') }}
)

select
    zones.climate_zone,
    {%- for quantity in quantities %}
    {%- for bound in ['minimum', 'maximum'] %}
    coalesce(
        max(case when limits.quantity = '{{ quantity }}' and limits.climate_zone != 'world' then limits.{{ bound }} end),
        max(case when limits.quantity = '{{ quantity }}' and limits.climate_zone = 'world' then limits.{{ bound }} end)
    ) as {{ quantity }}_{{ bound }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from zones
inner join {{ ref('measure_limits') }} as limits
    on zones.climate_zone = limits.climate_zone or limits.climate_zone = 'world'
group by zones.climate_zone
