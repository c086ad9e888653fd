{#
    The elements of which records are kept. A record of an element with `takes_incomplete` may come from a day or month that was
    not covered whole: a maximum or a sum of what was seen is a lower bound (a minimum an upper one), so what it exceeds was
    exceeded. The others would turn a missing afternoon into the lowest maximum ever.
      direction    1: the highest value is the record, -1: the lowest
      is_complete  whether the value is final (null: no rule says)
#}
{% macro daily_record_elements() -%}
    {{ return([
        {'element': 'highest_temperature_max_c', 'column': 'temperature_max_c', 'direction': 1,
         'is_complete': 'is_temperature_max_complete', 'takes_incomplete': true},
        {'element': 'lowest_temperature_max_c', 'column': 'temperature_max_c', 'direction': -1,
         'is_complete': 'is_temperature_max_complete', 'takes_incomplete': false},
        {'element': 'highest_temperature_min_c', 'column': 'temperature_min_c', 'direction': 1,
         'is_complete': 'is_temperature_min_complete', 'takes_incomplete': false},
        {'element': 'lowest_temperature_min_c', 'column': 'temperature_min_c', 'direction': -1,
         'is_complete': 'is_temperature_min_complete', 'takes_incomplete': true},
        {'element': 'highest_precipitation_mm', 'column': 'precipitation_mm', 'direction': 1,
         'is_complete': 'is_precipitation_complete', 'takes_incomplete': true},
        {'element': 'highest_wind_gust_ms', 'column': 'wind_gust_max_ms', 'direction': 1,
         'is_complete': 'cast(null as boolean)', 'takes_incomplete': true},
    ]) }}
{%- endmacro %}

{% macro monthly_record_elements() -%}
    {{ return([
        {'element': 'highest_monthly_temperature_mean_c', 'column': 'temperature_mean_c', 'direction': 1,
         'is_complete': 'is_temperature_complete', 'takes_incomplete': false},
        {'element': 'lowest_monthly_temperature_mean_c', 'column': 'temperature_mean_c', 'direction': -1,
         'is_complete': 'is_temperature_complete', 'takes_incomplete': false},
        {'element': 'highest_monthly_precipitation_mm', 'column': 'precipitation_total_mm', 'direction': 1,
         'is_complete': 'is_precipitation_complete', 'takes_incomplete': true},
        {'element': 'lowest_monthly_precipitation_mm', 'column': 'precipitation_total_mm', 'direction': -1,
         'is_complete': 'is_precipitation_complete', 'takes_incomplete': false},
    ]) }}
{%- endmacro %}

{#
    The values of `relation` (a row per place, source and date) that may be a record, a row per element.
      date  the column that dates a value
#}
{% macro record_values(relation, elements, date) -%}
    {%- for each in elements %}
    select
        location_id,
        source,
        '{{ each.element }}' as element,
        {{ each.direction }} as direction,
        {{ date }} as recorded_date,
        {{ each.column }} as record_value,
        {{ each.is_complete }} as is_complete
    from {{ relation }}
    where {{ each.column }} is not null{{ ' and ' ~ each.is_complete if not each.takes_incomplete }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The values, times `direction`, that came before within `partition`: the best of them. #}
{% macro best_before(partition) -%}
    max(direction * record_value) over (
        partition by {{ partition }} order by recorded_date rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}
