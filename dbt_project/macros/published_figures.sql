{#
    Quality control of figures that a provider has computed itself, by the day (climatology) or by the month (climat): what is
    checked is a row of figures, not a report. A model `*_judged` says of each figure whether it failed a check; a model
    `*_findings_unfolded` makes a finding of each failure; the marts take the figures that passed.

    A check is a dictionary: check, measure, verdict, and fails, the condition over the columns of the row.
#}

{#
    Checks against the widest gross limits there are (zone `world`): published figures have passed their provider's control,
    so that only what cannot be weather at all is told apart here, wherever it was measured.
      quantities  measure -> its quantity in measure_limits
#}
{% macro gross_limit_checks(quantities) -%}
    {%- set checks = [] -%}
    {%- for measure, quantity in quantities.items() -%}
        {%- do checks.append({
            'check': 'gross_limits', 'measure': measure, 'verdict': 'rejected',
            'fails': measure ~ ' not between ' ~ quantity ~ '_minimum and ' ~ quantity ~ '_maximum',
        }) -%}
    {%- endfor -%}
    {{ return(checks) }}
{%- endmacro %}

{# Every column of `figures`, and for each check whether the row fails it: fails_1 and so on. #}
{% macro judged_figures(figures, checks) -%}
    select
        figures.*,
        {%- for check in checks %}
        coalesce({{ check.fails }}, false) as fails_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ figures }} as figures
    inner join {{ ref('int_zone_limits_pivoted') }} as limits on limits.climate_zone = 'world'
{%- endmacro %}

{# The measure of a judged row, null where it failed a check, whatever the verdict. #}
{% macro passed(measure, checks) -%}
    {%- set failures = [] -%}
    {%- for check in checks if check.measure == measure -%}
        {%- do failures.append('fails_' ~ (checks.index(check) + 1)) -%}
    {%- endfor -%}
case when not ({{ failures | join(' or ') }}) then {{ measure }} end
{%- endmacro %}

{#
    A finding for each check that a judged row fails. `date` names the day that stands for the row, at midnight; `others` are columns
    passed on.
#}
{% macro unfolded_findings(judged, checks, date, others=[]) -%}
with failing as (
    select *
    from {{ judged }}
    where
        {%- for check in checks %}
        fails_{{ loop.index }}{{ ' or' if not loop.last }}
        {%- endfor %}
)
    {% for check in checks %}
select
    location_id,
    source,
    cast({{ date }} as timestamp) as observed_at,
    {{ date }} as observed_date,
    '{{ check.measure }}' as measure,
    '{{ check.check }}' as check_name,
    {{ check.measure }} as reported_value,
    '{{ check.verdict }}' as verdict
    {%- for other in others %},
    {{ other }}
    {%- endfor %}
from failing
where fails_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
