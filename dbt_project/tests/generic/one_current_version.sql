{#
    Every key that this build wrote has exactly one row with `is_current`: the warehouse says one thing at a time.
#}
{% test one_current_version(model, columns) %}

select {{ columns | join(', ') }}, sum(case when is_current then 1 else 0 end) as current_count
from {{ model }}
where {{ written_by_this_build() }}
group by {{ columns | join(', ') }}
having sum(case when is_current then 1 else 0 end) != 1

{% endtest %}
