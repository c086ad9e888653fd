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
