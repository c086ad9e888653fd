{# The column lies within the bounds, both included; null passes. #}
{% test within_range(model, column_name, minimum, maximum) %}

select *
from {{ model }}
where {{ column_name }} < {{ minimum }} or {{ column_name }} > {{ maximum }}

{% endtest %}
