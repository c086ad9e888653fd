{#
    Tests whose cost follows the change.

    A row of an incremental model carries the build that wrote it. Within one `dbt build`, where the model ran just before
    its tests, every row written by an earlier build was tested by it (nothing is published otherwise, and an unpublished
    load's rows are written again), so it is enough to test the rows of this build. In any other command, or when the
    model itself was not selected, the rows of this build are none or not all: then the whole table is tested.
#}
{% macro written_by_this_build() -%}
    {%- set tested = model.get('attached_node') if model is mapping else none -%}
    {%- if execute and invocation_args_dict.get('which') == 'build' and tested in selected_resources -%}
        build_id = '{{ invocation_id }}'
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#
    dbt calls this for the `where` of a generic test; `__this_build__` in it stands for the predicate above.
    Overrides dbt's macro of the same name.
#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where -%}
        (select * from {{ relation }} where {{ where | replace('__this_build__', written_by_this_build()) }}) dbt_subquery
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
