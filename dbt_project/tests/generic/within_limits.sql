{#
    The column lies within the widest gross limits of its quantity over all climate zones: what no check may let through.
    `limits` is the seed of limits; null passes.
#}
{% test within_limits(model, column_name, limits, quantity) %}

select *
from {{ model }}
where
    {{ column_name }} < (select min(minimum) from {{ limits }} where quantity = '{{ quantity }}')
    or {{ column_name }} > (select max(maximum) from {{ limits }} where quantity = '{{ quantity }}')

{% endtest %}
