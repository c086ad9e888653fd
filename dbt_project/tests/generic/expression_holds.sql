{# The expression is true in every row; null (an operand is missing) passes. #}
{% test expression_holds(model, expression) %}

select *
from {{ model }}
where not ({{ expression }})

{% endtest %}
