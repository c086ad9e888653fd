-- What vigilance said at a moment of every place and phenomenon it has ever spoken of, and when it had last said anything:
-- `dbt show --select vigilance_known_at --vars '{known_at: "2026-08-22 12:00:00"}'`. Where nothing was in force the colour is
-- unknown: a feed that has fallen silent is no all-clear.
{%- set known_at = var('known_at', var('now') or '2100-01-01 00:00:00') %}
{%- set moment = "cast('" ~ known_at ~ "' as timestamp)" %}

with said as (
    select
        vigilance.*,
        {{ vigilance_colour_at('vigilance', moment) }} as colour_then
    from {{ ref('fct_vigilance') }} as vigilance
    where vigilance.updated_at <= {{ moment }}
)

select
    domain_id,
    domain_kind,
    department_code,
    phenomenon_name_en,
    phenomenon_name_fr,
    colour_then as colour,
    updated_at as last_said_at
from said
qualify row_number() over (
    partition by domain_id, phenomenon_id
    order by case when colour_then = 'unknown' then 1 else 0 end asc, updated_at desc, colour_number desc
) = 1
order by domain_id, phenomenon_name_en
