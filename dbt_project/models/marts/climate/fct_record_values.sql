{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_months_changed', 'scope_key': ['location_id', 'source', 'month_start_date']},
) }}
{%- set key = ['location_id', 'source', 'month_start_date'] -%}
{%- set elements = daily_record_elements() -%}

-- Daily values beyond every earlier one of their own month: only these can be records of the month of the year or of all
-- time, and what a record exceeded is one of them too. About four of thirty remain.
with days as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'weather_date') }} as date) as month_start_date
    from {{ ref('fct_daily_weather') }}
),

compared as (
    select
        location_id,
        source,
        month_start_date,
        weather_date
        {%- for each in elements %},
        {{ record_value(each) }} as value_{{ loop.index }},
        {{ each.is_complete }} as is_complete_{{ loop.index }},
        max({{ each.direction }} * {{ record_value(each) }}) over (
            partition by location_id, source, month_start_date
            order by weather_date rows between unbounded preceding and 1 preceding
        ) as best_before_{{ loop.index }},
        count({{ record_value(each) }}) over (partition by location_id, source, month_start_date) as count_{{ loop.index }}
        {%- endfor %}
    from days
    where {{ within_scope(ref('int_months_changed'), key, key) }}
)

{% for each in elements -%}
select
    location_id,
    source,
    '{{ each.element }}' as element,
    cast({{ each.direction }} as bigint) as direction,
    month_start_date,
    weather_date as recorded_date,
    value_{{ loop.index }} as record_value,
    is_complete_{{ loop.index }} as is_complete,
    -- on the first row of a month, which every month with a value has, so that they add up
    case when best_before_{{ loop.index }} is null then count_{{ loop.index }} else 0 end as value_count,
    '{{ invocation_id }}' as build_id
from compared
where
    value_{{ loop.index }} is not null
    and (best_before_{{ loop.index }} is null or {{ each.direction }} * value_{{ loop.index }} > best_before_{{ loop.index }})
{{ 'union all' if not loop.last }}
{% endfor %}
