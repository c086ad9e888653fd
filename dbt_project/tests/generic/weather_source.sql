{# The column names a folder of ingestion/sources/: the models write it as a literal, so that no provider's value is in it. #}
{% test weather_source(model, column_name) %}

select {{ column_name }}
from {{ model }}
where {{ column_name }} not in ('{{ weather_sources() | join("', '") }}')

{% endtest %}
