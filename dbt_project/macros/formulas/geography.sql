{#
    Great-circle distance, km, between two points in degrees: the haversine formula on a sphere of the Earth's mean radius
    6371.0088 km (IUGG). Golden: Paris (48.8566, 2.3522) to London (51.5074, -0.1278) 343.6.
#}
{% macro great_circle_km(latitude_1, longitude_1, latitude_2, longitude_2) -%}
(
    2 * 6371.0088 * asin(least(1.0, sqrt(
        power(sin(radians({{ latitude_2 }} - {{ latitude_1 }}) / 2), 2)
        + cos(radians({{ latitude_1 }})) * cos(radians({{ latitude_2 }}))
        * power(sin(radians({{ longitude_2 }} - {{ longitude_1 }}) / 2), 2)
    )))
)
{%- endmacro %}
