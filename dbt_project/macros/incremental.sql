{#
    How every incremental model of the project works.

    What changed is a relation over the loads that no published build has processed (int_days_changed,
    int_weather_dates_changed, int_months_changed), closed over what depends on neighbours. Where it is many views deep it is a
    table, made first in each build: a view would be planned again each of the many times that a model names its scope. The model
    selects the rows of that scope anew; the strategy deletes the whole scope from the table and appends them, in one
    transaction. So rows that should vanish do, and running a model again, alone or after a crash, gives the same table.

    A model says in its config:  incremental_strategy='replace_scope',
        meta={'scope': '<relation>', 'scope_key': [columns present in both the scope and the model; the last one a date]}
#}

{#
    The loads of one source that arrived whole, and whether a published build has processed them. Rows of a load that is
    still under way (status other than 0) do not exist for the warehouse.
#}
{% macro completed_loads(source_name) -%}
    select
        loads.load_id,
        max(case when published.load_id is null then 0 else 1 end) = 1 as is_published
    from {{ source(source_name, '_dlt_loads') }} as loads
    left join {{ source('isobar', 'published_loads') }} as published
        on loads.load_id = published.load_id and published.schema_name = '{{ source_name }}'
    where loads.status = 0
    group by loads.load_id
{%- endmacro %}


{#
    Predicate: the row belongs to the scope of this run (always true in a full one).
      scope       relation of the changed keys
      columns     the row's columns, in the order of `key`, the date last
      key         the scope's columns
      reach_days  also take the rows of as many days before and after: what a window around the day needs
      clock       timestamp column behind the date, where the date is computed from it on the fly
    The bounds are implied by the membership; they let the engine skip the history's blocks, which it can by a stored column.
#}
{% macro within_scope(scope, columns, key, reach_days=0, clock=none) -%}
    {%- if not is_incremental() -%}
        true
    {%- else -%}
        {%- set day = key | last -%}
        {{ clock or columns | last }} >= (
            select {{ add_days('min(' ~ day ~ ')', -reach_days) }} from {{ scope }}
        )
        and {{ clock or columns | last }} < (
            select {{ add_days('max(' ~ day ~ ')', reach_days + 1) }} from {{ scope }}
        )
        and ({{ columns | join(', ') }}) in (
            {%- for n in range(-reach_days, reach_days + 1) %}
            select {{ (key[:-1] + [add_days(day, n)]) | join(', ') }} from {{ scope }}
            {%- if not loop.last %} union {% endif -%}
            {%- endfor %}
        )
    {%- endif -%}
{%- endmacro %}


{#
    Called by dbt for incremental_strategy='replace_scope'.
#}
{% macro get_incremental_replace_scope_sql(arg_dict) -%}
    {%- set meta = config.get('meta') -%}
    {{ return(adapter.dispatch('replace_scope_sql', 'isobar')(
        arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'],
        ref(meta['scope']), meta['scope_key']
    )) }}
{%- endmacro %}

{% macro default__replace_scope_sql(target_relation, temp_relation, dest_columns, scope, scope_key) -%}
    {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
    {%- set day = scope_key | last -%}
    delete from {{ target_relation }}
    where
        {{ day }} >= (select min({{ day }}) from {{ scope }})
        and {{ day }} <= (select max({{ day }}) from {{ scope }})
        and ({{ scope_key | join(', ') }}) in (select {{ scope_key | join(', ') }} from {{ scope }});

    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }} from {{ temp_relation }}
{%- endmacro %}

{# DuckDB runs a model inside dbt's transaction; Snowflake commits each statement unless told otherwise. #}
{% macro snowflake__replace_scope_sql(target_relation, temp_relation, dest_columns, scope, scope_key) -%}
    begin;
    {{ isobar.default__replace_scope_sql(target_relation, temp_relation, dest_columns, scope, scope_key) }};
    commit
{%- endmacro %}


{#
    dbt's own rule (--full-refresh, or the model's config), and `rebuild`: the models named there are rebuilt from raw.
    `dbt show` is of the whole model: of what changed since the last publication there is mostly nothing to show.
    Overrides dbt's macro of the same name, which is_incremental() and the materialisation ask.
#}
{% macro should_full_refresh() -%}
    {%- set configured = config.get('full_refresh') -%}
    {%- if configured is not none -%}
        {{ return(configured) }}
    {%- endif -%}
    {%- set is_shown = invocation_args_dict.get('which') == 'show' -%}
    {{ return(flags.FULL_REFRESH or is_shown or model.name in var('rebuild', [])) }}
{%- endmacro %}
