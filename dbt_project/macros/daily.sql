{#
    Observations that a source publishes in a whole UTC day (`observations_per_day` of its folder, ingestion/sources/<name>/); all of
    them there is what makes a day without reported extremes complete. Null for a source that has no fixed number: no day of a
    polled source is ever complete, and its amounts, of hours that end at any minute, are not summed to the rain of a day.
#}
{% macro expected_observations(source) -%}
case {{ source }}
    {%- for name, facts in weather_sources().items() if facts.observations_per_day %}
    when '{{ name }}' then {{ facts.observations_per_day }}
    {%- endfor %}
end
{%- endmacro %}

{# Predicate: days of this source can be whole, because it publishes a fixed number of observations or the day itself. #}
{% macro has_whole_days(source) -%}
(
    {{ expected_observations(source) }} is not null
    {%- for name, facts in weather_sources().items() if facts.has_days %}
    or {{ source }} = '{{ name }}'
    {%- endfor %}
)
{%- endmacro %}

{#
    Hours of one half (12 h) of a day's window that its extreme accounts for: all of them when the extreme was reported, else
    as many as the readings stand for (a source that publishes 8 a day: 3 h each).
#}
{% macro hours_covered(reported_count, reading_count, source) -%}
case
    when {{ reported_count }} > 0 then 12
    else least(12, coalesce(floor({{ reading_count }} * 24.0 / {{ expected_observations(source) }}), 0))
end
{%- endmacro %}

{#
    A day type such as `Tn <= 0` from an extreme that may be incomplete. What a partial day has already shown stays true:
    a minimum can only get lower, a maximum or a sum only higher. What it has not shown yet is unknown.
      reached      condition that holds from some value of the extreme on (in the direction it can move)
      is_complete  whether the extreme is final
#}
{% macro day_type(reached, is_complete) -%}
case when {{ reached }} then true when {{ is_complete }} then false end
{%- endmacro %}

{#
    Predicates over the present and past weather of a report, in BUFR's codes (0 20 003, 0 20 004, 0 20 005): whether it tells the
    weather, and whether there was precipitation at the station, now, in the last hour or since the last main hour. From 100 on, and
    past weather from 10 on, an automatic station reports; 508 is its "no significant weather".
#}
{% macro reports_weather(present) -%}
({{ present }} < 200 or {{ present }} = 508)
{%- endmacro %}

{% macro saw_precipitation(present, past_1, past_2) -%}
(
    coalesce({{ present }} between 20 and 27 or {{ present }} = 29 or {{ present }} between 50 and 99, false)
    or coalesce({{ present }} between 120 and 126 or {{ present }} between 140 and 199, false)
    {%- for past in [past_1, past_2] %}
    or coalesce({{ past }} between 5 and 9 or {{ past }} between 14 and 19, false)
    {%- endfor %}
)
{%- endmacro %}
