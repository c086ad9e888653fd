-- Each of the twelve bounds of WMO code table 1100, and the last value below it.
{%- set bounds = [0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7] %}
with cases as (
    {%- for bound in bounds %}
    select {{ bound }} as speed_ms, {{ loop.index }} as expected
    union all
    select {{ bound }} - 0.1, {{ loop.index - 1 }}
    union all
    {%- endfor %}
    select 0.0, 0
)

select *
from cases
where {{ beaufort('speed_ms') }} is distinct from expected
