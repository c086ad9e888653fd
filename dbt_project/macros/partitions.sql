{#
    `meta.partition_by` names the column by which `isobar` publishes a mart in yearly files. dbt-duckdb has an option of that
    name for DuckLake tables, looks for it there too, and warns. Nothing here is a DuckLake table.
#}
{% macro duckdb__get_partitioned_by(relation, temporary) -%}
    {{ return(none) }}
{%- endmacro %}

{#
    Clustering key on Snowflake (other warehouses do not look at it) of the marts that grow for ever: what a run replaces is told by
    day, what a reader asks by place and period. By year, as published files are: a key of some thousand values is what micro-partitions
    can follow.
#}
{% macro clustered_by_year_and_place(day) -%}
    {{ return(['year(' ~ day ~ ')', 'location_id']) }}
{%- endmacro %}
