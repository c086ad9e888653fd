{#
    Slots: the day cut into as many equal parts as the source publishes observations (`expected_observations`), each
    beginning at its time. SYNOP: eight of 3 h, 00 to 21 UTC. Numbered through from 1970-01-01 00 UTC, so that what is missing
    between two observations is a difference of whole numbers, over the ends of days and months alike.
#}

{# Number of the slot that holds a time (or begins a date); null for a source without a fixed number of observations. #}
{% macro slot_number(observed_at, source) -%}
    {%- set at = 'cast(' ~ observed_at ~ ' as timestamp)' -%}
    cast(
        {{ dbt.datediff("cast('1970-01-01' as date)", at, 'day') }} * {{ expected_observations(source) }}
        + floor(
            (extract(hour from {{ at }}) * 60 + extract(minute from {{ at }}))
            * {{ expected_observations(source) }} / 1440
        ) as bigint
    )
{%- endmacro %}

{# The time at which a slot begins. #}
{% macro slot_start(slot, source) -%}
    cast(
        {{ dbt.dateadd(
            'minute',
            'cast(' ~ slot ~ ' * 1440 / ' ~ expected_observations(source) ~ ' as bigint)',
            "cast('1970-01-01' as timestamp)"
        ) }} as timestamp
    )
{%- endmacro %}

{# How many slots two stretches, each given by its first and last slot, have in common (they do overlap). #}
{% macro slots_in_common(first_slot, last_slot, other_first_slot, other_last_slot) -%}
    least({{ last_slot }}, {{ other_last_slot }}) - greatest({{ first_slot }}, {{ other_first_slot }}) + 1
{%- endmacro %}
