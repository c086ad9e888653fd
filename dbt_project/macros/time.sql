{# `n` days later, as a date. #}
{% macro add_days(day, n) -%}
    {%- if n == 0 -%} {{ day }} {%- else -%} cast({{ dbt.dateadd('day', n, day) }} as date) {%- endif -%}
{%- endmacro %}

{#
    The date of the right-closed 24 h window that holds a time. French climatological day (Meteo-France; same cut as
    Data For Good's 300_001_v_quotidienne_realtime.sql): Tn(D) is over (D-1 18, D 18] UTC, Tx(D) and RR(D) over
    (D 06, D+1 06] UTC. `starts_at_hour` is counted from midnight of D: -6 for Tn, 6 for Tx and RR.
    A time on the boundary belongs to the window it ends, hence the second.
#}
{% macro window_date(observed_at, starts_at_hour) -%}
    cast({{ dbt.dateadd('second', -3600 * starts_at_hour - 1, observed_at) }} as date)
{%- endmacro %}

{# Which hour of that window a time falls in: 1 to 24, a time on the full hour ending its hour (24 is the window's end). #}
{% macro window_hour(observed_at, starts_at_hour) -%}
    (cast(extract(hour from {{ dbt.dateadd('second', -3600 * starts_at_hour - 1, observed_at) }}) as integer) + 1)
{%- endmacro %}

{# Hours from the issue of a forecast to the time it is for; below 0 for a step that had begun when it was issued. #}
{% macro lead_hours(issued_at, valid_at) -%}
    cast(round({{ dbt.datediff(issued_at, valid_at, 'second') }} / 3600.0, 2) as double)
{%- endmacro %}
