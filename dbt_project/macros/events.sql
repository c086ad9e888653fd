{# Whether a value reaches a threshold whose operator is data; false where there is no threshold. #}
{% macro reaches(value, operator, threshold) -%}
case {{ operator }}
    when '>=' then {{ value }} >= {{ threshold }}
    when '>' then {{ value }} > {{ threshold }}
    when '<=' then {{ value }} <= {{ threshold }}
    when '<' then {{ value }} < {{ threshold }}
    else false
end
{%- endmacro %}
