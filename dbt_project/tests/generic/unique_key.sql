{#
    The columns are never null (but those named as `nullable`) and no two rows have the same. For an incremental model
    (`of_this_build: true`) uniqueness is checked against the whole table, for the keys that this build wrote
    (macros/tests/this_build.sql).
#}
{% test unique_key(model, columns, of_this_build=false, nullable=[]) %}
{%- set written = written_by_this_build() if of_this_build else 'true' %}

select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
{%- if written != 'true' %}
where ({{ columns | join(', ') }}) in (select {{ columns | join(', ') }} from {{ model }} where {{ written }})
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1

union all

select {{ columns | join(', ') }}, 1 as row_count
from {{ model }}
where
    {{ written }}
    and ({% for column in columns if column not in nullable %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %})

{% endtest %}
