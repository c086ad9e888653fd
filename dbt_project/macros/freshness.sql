{#
    `dbt source freshness` under the one clock (var `now`; the machine's without it). A table that never had a row is of a source
    that is not in use: nothing of it is overdue. Overrides dbt's macro of the same name.
#}
{% macro default__collect_freshness(source, loaded_at_field, filter) -%}
    {#- a default, because to dbt a var that is null and has none is a var that is missing -#}
    {%- set now = "timestamp '" ~ var('now', '') ~ "'" if var('now', '') else current_timestamp() -%}
    {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
        select
            coalesce(max({{ loaded_at_field }}), {{ now }}) as max_loaded_at,
            {{ now }} as snapshotted_at
        from {{ source }}
        {% if filter %} where {{ filter }} {% endif %}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro %}
