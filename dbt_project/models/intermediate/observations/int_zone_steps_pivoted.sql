-- Tolerated steps of every climate zone, one row each; a zone without a row of its own takes the world's. The zone `world`
-- serves the locations whose position is unknown.
with zones as (
    select distinct climate_zone from {{ ref('step_limits') }}
    union
    select climate_zone from {{ ref('climate_zones') }}
)

select
    zones.climate_zone,
    {%- for measure in step_checks() %}
    {%- set quantity = quantity_of_measure()[measure] %}
    {%- set outer_last = loop.last %}
    {%- for hours in step_hours() %}
    {%- set hours_last = loop.last %}
    {%- for verdict in ['suspect', 'rejected'] %}
    {%- set here = "limits.quantity = '" ~ quantity ~ "' and limits.hours = " ~ hours %}
    coalesce(
        max(case when {{ here }} and limits.climate_zone != 'world' then limits.{{ verdict }} end),
        max(case when {{ here }} and limits.climate_zone = 'world' then limits.{{ verdict }} end)
    ) as {{ quantity }}_{{ verdict }}_{{ hours }}h
    {%- if not (outer_last and hours_last and loop.last) %},{% endif %}
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
from zones
inner join {{ ref('step_limits') }} as limits
    on zones.climate_zone = limits.climate_zone or limits.climate_zone = 'world'
group by zones.climate_zone
