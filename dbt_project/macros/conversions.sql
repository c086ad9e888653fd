{#
    Provider units to the warehouse's. Rounded to the resolution the provider prints plus one digit, so that a difference
    of binary fractions (276.04 - 273.15) is not mistaken for a measurement.
#}
{% macro kelvin_to_celsius(kelvin) -%} round({{ kelvin }} - 273.15, 2) {%- endmacro %}

{% macro pascal_to_hectopascal(pascal) -%} round({{ pascal }} / 100.0, 2) {%- endmacro %}

{#
    -0.1 stands for a trace (it rained, less than could be measured): 0 mm, and is_trace_* says so. Any other negative amount is
    no rain at all: it stays as it is, for the gross limits to reject.
#}
{% macro precipitation_mm(amount) -%}
    case when {{ is_trace(amount) }} then 0.0 else {{ amount }} end
{%- endmacro %}

{# Null where nothing was reported: missing, zero and trace are three different things. #}
{% macro is_trace(amount) -%} ({{ amount }} >= -0.1 and {{ amount }} < 0) {%- endmacro %}

{# SYNOP direction: 0 means calm (no direction), 360 is north. #}
{% macro wind_direction(degrees) -%} nullif({{ degrees }}, 0) {%- endmacro %}

{% macro fahrenheit_to_celsius(fahrenheit) -%} round(({{ fahrenheit }} - 32) / 1.8, 2) {%- endmacro %}

{# The international mile: 1609.344 m. #}
{% macro miles_per_hour_to_ms(miles_per_hour) -%} round({{ miles_per_hour }} * 0.44704, 2) {%- endmacro %}
