{#
    The newest value of each attribute that is not null, by `key`: a later entry that leaves an attribute blank does not take it
    away.
      relation  the entries, as a name or a subquery
      order     newest entry first, a total order within a key
      groups    lists of columns; the columns of one list are taken from one entry
      others    column -> aggregate over all entries of a key; `place` 1 is the newest entry
#}
{% macro newest_present(relation, order, groups, others={}, key='location_id') -%}
    select
        {{ key }}
        {%- for group in groups %}
        {%- set place = 'place_of_' ~ group[0] %}
        {%- for column in group %},
        max(case when place = {{ place }} then {{ column }} end) as {{ column }}
        {%- endfor %}
        {%- endfor %}
        {%- for column, aggregate in others.items() %},
        {{ aggregate }} as {{ column }}
        {%- endfor %}
    from (
        select
            *
            {%- for group in groups %},
            min(case when {{ group | join(' is not null and ') }} is not null then place end)
                over (partition by {{ key }}) as place_of_{{ group[0] }}
            {%- endfor %}
        from (
            select
                *,
                row_number() over (partition by {{ key }} order by {{ order }}) as place
            from {{ relation }}
        ) as placed
    ) as compared
    group by {{ key }}
{%- endmacro %}
