{#
    The columns name one version of what a source published, and are never null. Raw tables are at-least-once: a load killed at
    its commit brings its rows again, the same under the same key. Two different rows under one key fail. For views of all
    versions; of the loads that no published build has tested (macros/tests/this_build.sql).
#}
{% test unique_version(model, columns) %}
{%- set key = columns | join(', ') -%}
{#- Not a CTE: read three times, it would be written out whole before. -#}
{%- set versions -%} (select * from {{ model }} where {{ arrived_for_this_build() }}) as versions {%- endset %}

with repeated as (
    select {{ key }}
    from {{ versions }}
    group by {{ key }}
    having count(*) > 1
),

different as (
    select distinct versions.*
    from {{ versions }}
    where ({{ key }}) in (select {{ key }} from repeated)
)

select {{ key }}, count(*) as row_count
from different
group by {{ key }}
having count(*) > 1

union all

select {{ key }}, 1 as row_count
from {{ versions }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}

{% endtest %}
