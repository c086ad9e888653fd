{#
    State of the sky by cloud cover: up to 1 okta clear, up to 4 partly cloudy, up to 7 cloudy, else overcast
    (WMO-No. 306, code table 2700; SYNOP prints 7 oktas as 90 %).
#}
{% macro sky_condition(cloud_cover_pct) -%}
case
    when {{ cloud_cover_pct }} <= 12.5 then 'clear'
    when {{ cloud_cover_pct }} <= 50 then 'partly_cloudy'
    when {{ cloud_cover_pct }} <= 90 then 'cloudy'
    when {{ cloud_cover_pct }} <= 100 then 'overcast'
end
{%- endmacro %}
