{#
    The colour that a row of fct_vigilance tells for a moment, as known at that moment: `unknown` before its stretch of time and after
    it, before it was said, and once a later map took its place. Never green: a feed that has fallen silent is no all-clear.

    For readers and analyses, which have a clock; the mart has none:
        select {% raw %}{{ vigilance_colour_at('vigilance', 'cast(:now as timestamp)') }}{% endraw %} from fct_vigilance as vigilance
#}
{% macro vigilance_colour_at(vigilance, moment) -%}
case
    when {{ moment }} >= {{ vigilance }}.valid_from_at and {{ moment }} < {{ vigilance }}.valid_to_at then {{ vigilance }}.colour
    else 'unknown'
end
{%- endmacro %}
