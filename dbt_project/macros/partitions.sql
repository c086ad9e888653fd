{#
    `meta.partition_by` names the column by which `isobar` publishes a mart in yearly files. dbt-duckdb has an option of that
    name for DuckLake tables, looks for it there too, and warns. Nothing here is a DuckLake table.
#}
{% macro duckdb__get_partitioned_by(relation, temporary) -%}
    {{ return(none) }}
{%- endmacro %}
