{#
    Tests whose cost follows the change.

    A row of an incremental model carries the build that wrote it. Within one `dbt build`, where the model ran just before
    its tests, every row written by an earlier build was tested by it (nothing is published otherwise, and an unpublished
    load's rows are written again), so it is enough to test the rows of this build. In any other command, or when the
    model itself was not selected, the rows of this build are none or not all: then the whole table is tested. A view has the rows
    of the tables that it reads. `isobar build` may leave out what new loads do not reach (var `rest_is_published`): that is as the
    last publication tested it.
#}
{% macro written_by_this_build() -%}
    {%- if execute and is_building(model.get('attached_node') if model is mapping else none) -%}
        build_id = '{{ invocation_id }}'
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The same for views of all published versions: of the loads that no published build has processed, unless a rule changed. #}
{% macro arrived_for_this_build() -%}
    {%- set changed = flags.FULL_REFRESH or var('rebuild', []) -%}
    {%- if execute and not changed and is_building(model.get('attached_node') if model is mapping else none) -%}
        not is_published
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# Whether the node, and what a view reads, are made by the `dbt build` under way. #}
{% macro is_building(node) -%}
    {%- if invocation_args_dict.get('which') != 'build' or not node -%}
        {{ return(false) }}
    {%- elif var('rest_is_published', false) -%}
        {{ return(true) }}
    {%- elif node not in selected_resources -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set made = graph.nodes[node] -%}
    {%- for parent in made.depends_on.nodes if made.config.materialized == 'view' and parent.startswith('model.') -%}
        {%- if not is_building(parent) -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
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
