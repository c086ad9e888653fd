{#
    One stub for each Elementary test that the project uses. Naming `kwargs` in the body lets a stub take any argument.
#}
{% test volume_anomalies(model) %}
    {{ config(enabled=false) }}{% do kwargs %}
    select 1 as disabled where 1 = 0
{% endtest %}

{% test freshness_anomalies(model) %}
    {{ config(enabled=false) }}{% do kwargs %}
    select 1 as disabled where 1 = 0
{% endtest %}

{% test dimension_anomalies(model) %}
    {{ config(enabled=false) }}{% do kwargs %}
    select 1 as disabled where 1 = 0
{% endtest %}

{% test column_anomalies(model, column_name) %}
    {{ config(enabled=false) }}{% do kwargs %}
    select 1 as disabled where 1 = 0
{% endtest %}

{% test schema_changes(model) %}
    {{ config(enabled=false) }}{% do kwargs %}
    select 1 as disabled where 1 = 0
{% endtest %}
