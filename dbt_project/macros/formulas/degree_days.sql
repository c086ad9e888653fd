{# Mean of the day's extremes, Meteo-France's TNTXM. Golden (76116001): 2024-06-15 8.8, 15.2 gives 12.0; 06-16 11.2, 17.8 gives 14.5. #}
{% macro tntx_mean_c(minimum_c, maximum_c) -%} ({{ minimum_c }} + {{ maximum_c }}) / 2 {%- endmacro %}

{# Range of the day's extremes, Meteo-France's TAMPLI. Golden (76116001): 2024-06-15 8.8, 15.2 gives 6.4; 06-16 11.2, 17.8 gives 6.6. #}
{% macro temperature_range_c(minimum_c, maximum_c) -%} {{ maximum_c }} - {{ minimum_c }} {%- endmacro %}

{# Heating degree days as Meteo-France counts them: base less (Tn+Tx)/2, not below 0. #}
{% macro heating_degree_days(minimum_c, maximum_c, base_c) -%}
greatest(0.0, {{ base_c }} - {{ tntx_mean_c(minimum_c, maximum_c) }})
{%- endmacro %}

{# Cooling degree days: (Tn+Tx)/2 less base, not below 0. #}
{% macro cooling_degree_days(minimum_c, maximum_c, base_c) -%}
greatest(0.0, {{ tntx_mean_c(minimum_c, maximum_c) }} - {{ base_c }})
{%- endmacro %}

{# Growing degree days, modified 10/30 method: Tn raised to the base, Tx held at the cap. Golden: Tn 8, Tx 34 gives 10. #}
{% macro growing_degree_days(minimum_c, maximum_c, base_c, cap_c) -%}
greatest(0.0, (least({{ maximum_c }}, {{ cap_c }}) + greatest({{ minimum_c }}, {{ base_c }})) / 2 - {{ base_c }})
{%- endmacro %}
