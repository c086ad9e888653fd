{#
    Sums and means of measures that do not depend on the order of the rows: added as decimals (the warehouse prints at most
    four). A sum of doubles does depend on it, and a mean of eight values in hundredths often lies on the edge of the
    rounding that follows, so that two builds of the same data would differ in the last digit.
#}
{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(18, 4))) as double)
{%- endmacro %}

{% macro exact_mean(expression) -%}
    ({{ exact_sum(expression) }} / nullif(count({{ expression }}), 0))
{%- endmacro %}

{# Sample standard deviation, from such sums; null of a single value. Squares of at most eight decimals stay exact. #}
{% macro exact_stddev(expression) -%}
    sqrt(
        (
            cast(sum(cast({{ expression }} as decimal(18, 4)) * cast({{ expression }} as decimal(18, 4))) as double)
            - power({{ exact_sum(expression) }}, 2) / count({{ expression }})
        ) / nullif(count({{ expression }}) - 1, 0)
    )
{%- endmacro %}
