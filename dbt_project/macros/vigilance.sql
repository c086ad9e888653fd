{#
    The colour that a row of fct_vigilance tells for a moment, as known at that moment: `unknown` before its stretch of time and after
    it, before it was said, and once a later map took its place. Never green: a feed that has fallen silent is no all-clear.

    For analyses, which have a clock (analyses/vigilance_known_at.sql); the mart has none.
#}
{% macro vigilance_colour_at(vigilance, moment) -%}
case
    when {{ moment }} >= {{ vigilance }}.valid_from_at and {{ moment }} < {{ vigilance }}.valid_to_at then {{ vigilance }}.colour
    else 'unknown'
end
{%- endmacro %}

{# Numbers of the departments and overseas territories that maps of vigilance are about. #}
{% macro vigilance_departments() -%}
    {%- set departments = ['2A', '2B', '971', '972', '973', '974', '975', '976', '977', '978', '986', '987', '988'] -%}
    {%- for number in range(1, 96) if number != 20 -%}
        {%- do departments.append('%02d' % number) -%}
    {%- endfor -%}
    {{ return(departments) }}
{%- endmacro %}

{#
    Predicates and parts of a domain's id. A department is its number; a coast is that number and 10. Of the rest, `ZDF_*` and
    `VIGI*` are zones (defence zones of several departments, parts of a territory), 99 is Andorra.
#}
{% macro vigilance_domain_kind(domain_id, product_domain_id) -%}
    {%- set departments = "('" ~ vigilance_departments() | join("', '") ~ "')" -%}
case
        when {{ domain_id }} = {{ product_domain_id }} or {{ domain_id }} in ('FRA', '99') then 'country'
        when {{ domain_id }} in {{ departments }} then 'department'
        when {{ domain_id }} like '%10' and left({{ domain_id }}, length({{ domain_id }}) - 2) in {{ departments }} then 'coast'
        when {{ domain_id }} like 'ZDF%' or {{ domain_id }} like 'VIGI%' then 'zone'
        else 'other'
    end
{%- endmacro %}
