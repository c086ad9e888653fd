{#
    A schema per layer, under the layer's own name: a file on DuckDB and a database on Snowflake are the environment.
    A model without a layer lands in Z_SCHEMA_NOT_CONFIGURED, where the omission is seen.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or 'z_schema_not_configured') | trim }}
{%- endmacro %}
