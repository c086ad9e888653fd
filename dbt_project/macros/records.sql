{#
    The elements of which records are kept. A record of an element with `takes_incomplete` may come from a day that was not
    covered whole: the highest value seen is a lower bound of the maximum, so what it exceeds was exceeded (against CLIMAT of
    1996 no such extreme in 12 went too far). The others would turn a missing afternoon into the lowest maximum ever. Rain of an
    incomplete day is a lower bound too, but a sum of parts without a total has nothing to catch a mistyped part: 61968 would
    keep a record of 200 mm from one part of 170 mm.
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
         'is_complete': 'is_precipitation_complete', 'takes_incomplete': false},
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
         'is_complete': 'is_precipitation_complete', 'takes_incomplete': false},
        {'element': 'lowest_monthly_precipitation_mm', 'column': 'precipitation_total_mm', 'direction': -1,
         'is_complete': 'is_precipitation_complete', 'takes_incomplete': false},
    ]) }}
{%- endmacro %}

{# What an element takes of a row: null where the row may not hold its record. #}
{% macro record_value(each) -%}
    {%- if each.takes_incomplete -%} {{ each.column }}
    {%- else -%} case when {{ each.is_complete }} then {{ each.column }} end
    {%- endif -%}
{%- endmacro %}

{# The rows of `relation` whose value goes beyond all earlier ones of their partition: each was the record when it came. #}
{% macro values_exceeding(relation, partition) -%}
    select
        location_id,
        source,
        element,
        direction,
        month_number,
        recorded_date,
        record_value,
        is_complete
    from (
        select
            *,
            max(direction * record_value) over (
                partition by {{ partition }} order by recorded_date rows between unbounded preceding and 1 preceding
            ) as best_before
        from {{ relation }}
    ) as compared
    where best_before is null or direction * record_value > best_before
{%- endmacro %}
