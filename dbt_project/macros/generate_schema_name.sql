{#
    A schema per layer. On DuckDB the file is the environment, and production owns its database: there the layer's own
    name; elsewhere (a developer's or a test's Snowflake schema) the target's name in front of it.
    A model without a layer lands in Z_SCHEMA_NOT_CONFIGURED, where the omission is seen.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set layer = (custom_schema_name or 'z_schema_not_configured') | trim -%}
    {%- if target.type == 'duckdb' or target.name == 'prod' -%}
        {{ layer }}
    {%- else -%}
        {{ target.schema }}_{{ layer }}
    {%- endif -%}
{%- endmacro %}
