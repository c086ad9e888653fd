{#
    Vapour over water by Magnus' formula with the constants of Alduchov and Eskridge, "Improved Magnus Form Approximation of
    Saturation Vapor Pressure", J. Appl. Meteor. 35 (1996): 17.625 and 243.04 degC, within 0.4 % from -40 to 50 degC.
#}

{#
    Dew point, degC, from temperature and relative humidity. Null for a humidity of 0 or less, at which there is none.
    Golden: (20 degC, 56 %) 10.957; (0, 80) -3.039; (30, 90) 28.179; (-10, 70) -14.436.
#}
{% macro dew_point_c(temperature_c, relative_humidity_pct) -%}
{%- set gamma -%}
(ln({{ relative_humidity_pct }} / 100.0) + 17.625 * {{ temperature_c }} / (243.04 + {{ temperature_c }}))
{%- endset -%}
case when {{ relative_humidity_pct }} > 0 then 243.04 * {{ gamma }} / (17.625 - {{ gamma }}) end
{%- endmacro %}

{#
    Relative humidity over water, %, from temperature and dew point. At most 100: a dew point printed above the temperature
    by a rounding is saturated air. Golden: (20 degC, dew point 10) 52.541; (-5, -8) 79.478.
#}
{% macro relative_humidity_pct(temperature_c, dew_point_c) -%}
case
    when {{ dew_point_c }} >= {{ temperature_c }} then 100.0
    else 100.0 * exp(
        17.625 * {{ dew_point_c }} / (243.04 + {{ dew_point_c }})
        - 17.625 * {{ temperature_c }} / (243.04 + {{ temperature_c }})
    )
end
{%- endmacro %}
