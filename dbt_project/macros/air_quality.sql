{#
    A concentration in ug/m3 in the unit of a breakpoint (ugm3, ppb, ppm). A mole of gas fills 24.45 l at 25 degC and 1 atm, the
    reference conditions of the US standards (40 CFR 50); molar masses, g/mol, from the standard atomic weights (IUPAC).
    Golden: ozone 100 ug/m3 is 50.9 ppb; nitrogen dioxide 100 is 53.1; carbon monoxide 10000 is 8.73 ppm.
#}
{% macro concentration_in_unit(value_ugm3, pollutant, unit) -%}
{%- set litres_per_mole = 24.45 -%}
{%- set molar_masses = {'no2': 46.006, 'o3': 47.997, 'so2': 64.06, 'co': 28.010} -%}
case
        when {{ unit }} = 'ugm3' then {{ value_ugm3 }}
        else
            {{ value_ugm3 }} * {{ litres_per_mole }} / case {{ pollutant }}
                {%- for name, mass in molar_masses.items() %}
                when '{{ name }}' then {{ mass }}
                {%- endfor %}
            end / case {{ unit }} when 'ppb' then 1.0 when 'ppm' then 1000.0 end
    end
{%- endmacro %}

{# Cut off, not rounded, after `decimals` decimals; as it is where that is null. Twelve 0.1 make 1.2 here, not 1.1. #}
{% macro truncated(value, decimals) -%}
case
        when {{ decimals }} is null then {{ value }}
        else floor(round({{ value }} * power(10, {{ decimals }}), 6)) / power(10, {{ decimals }})
    end
{%- endmacro %}

{# Aggregate over a window of clock hours that ends with the row's own: `hours` of them. #}
{% macro over_hours(aggregate, hours) -%}
{{ aggregate }} over (
            partition by location_id, source, pollutant order by hour_at
            range between interval '{{ hours - 1 }} hours' preceding and current row
        )
{%- endmacro %}
