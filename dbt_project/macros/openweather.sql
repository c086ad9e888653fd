{#
    What is OpenWeather's own in its answers. `units` is the parameter each answer was asked with: standard (K, m/s), metric
    (degC, m/s) or imperial (degF, mph). It changes temperatures and winds and nothing else. With any other value, or none,
    the unit is unknown and so is the measurement: null, and `has_unknown_units` says why.
#}
{% macro openweather_temperature_c(value, units) -%}
case {{ units }}
        when 'standard' then {{ kelvin_to_celsius(value) }}
        when 'metric' then round({{ value }}, 2)
        when 'imperial' then {{ fahrenheit_to_celsius(value) }}
    end
{%- endmacro %}

{% macro openweather_speed_ms(value, units) -%}
case {{ units }}
        when 'standard' then {{ value }}
        when 'metric' then {{ value }}
        when 'imperial' then {{ miles_per_hour_to_ms(value) }}
    end
{%- endmacro %}

{#
    Precipitation of the last `hours`, rain and melted snow together, mm. The objects `rain` and `snow` are absent from an
    answer when nothing fell: that is 0 mm, because the call succeeded. An amount that is there and could not be read
    (`unread_amounts`) is unknown, and so is the sum that it belongs to. An answer whose objects hold the other length only
    (`other_hours`) does not give this one.
#}
{% macro openweather_precipitation_mm(relation, hours, other_hours) -%}
case
        when
            coalesce({{ relation }}.rain_{{ hours }}h, {{ relation }}.snow_{{ hours }}h) is null
            and (
                coalesce({{ relation }}.rain_{{ other_hours }}h, {{ relation }}.snow_{{ other_hours }}h) is not null
                or {{ relation }}.unread_amounts is not null
            )
            then null
        else {{ openweather_rain_and_snow_mm(relation, hours) }}
    end
{%- endmacro %}

{# Rain and melted snow of one length, mm, to the hundredth that OpenWeather prints; null where one of them is unread. #}
{% macro openweather_rain_and_snow_mm(relation, hours) -%}
case
            when coalesce({{ relation }}.unread_amounts, '') not like '%{{ hours }}h%'
                then round(coalesce({{ relation }}.rain_{{ hours }}h, 0.0) + coalesce({{ relation }}.snow_{{ hours }}h, 0.0), 2)
        end
{%- endmacro %}

{# Select list: the measures that current weather and forecasts share, from the raw columns of `relation`. #}
{% macro openweather_measures(relation) -%}
    {%- set units = relation ~ '.units' -%}
    coalesce({{ units }} not in ('standard', 'metric', 'imperial'), true) as has_unknown_units,
    {{ openweather_temperature_c(relation ~ '.temp', units) }} as temperature_c,
    {{ openweather_temperature_c(relation ~ '.feels_like', units) }} as feels_like_c,
    -- how far the temperature differs over the place at that time, not over the day
    {{ openweather_temperature_c(relation ~ '.temp_min', units) }} as temperature_spread_min_c,
    {{ openweather_temperature_c(relation ~ '.temp_max', units) }} as temperature_spread_max_c,
    {{ relation }}.humidity as relative_humidity_pct,
    -- `pressure` is at sea level too; older answers have no other
    coalesce({{ relation }}.sea_level, {{ relation }}.pressure) as pressure_sea_level_hpa,
    {{ relation }}.grnd_level as pressure_station_hpa,
    {{ openweather_speed_ms(relation ~ '.wind_speed', units) }} as wind_speed_ms,
    -- 0 degrees is north here, and calm is a speed of 0
    case
        when {{ relation }}.wind_speed = 0 then null
        when {{ relation }}.wind_deg = 0 then 360.0
        else {{ relation }}.wind_deg
    end as wind_direction_deg,
    {{ openweather_speed_ms(relation ~ '.wind_gust', units) }} as wind_gust_ms,
    {{ relation }}.visibility as visibility_m,
    {{ relation }}.visibility >= {{ var('openweather_visibility_cap_m') }} as is_visibility_capped,
    {{ relation }}.clouds_all as cloud_cover_pct,
    cast({{ relation }}.weather_id as integer) as openweather_condition_id
{%- endmacro %}

{# Select list: concentrations, ug/m3. A negative one stands for no value. #}
{% macro openweather_pollutants(relation) -%}
    {%- for pollutant in air_pollutants() %}
    case when {{ relation }}.{{ pollutant }} >= 0 then {{ relation }}.{{ pollutant }} end as {{ pollutant }}_ugm3
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#
    Place of a row of OpenWeather: the configured city it was asked for, else the city of the list that has its id, else the id.
      city_key         the city it was asked for, null for recorded answers
      listed_city_key  the city the list gives that id (int_openweather_ids_mapped), null when it lists none
#}
{% macro openweather_location_id(city_key, listed_city_key, openweather_id) -%}
coalesce(
        'city:' || {{ city_key }}, 'city:' || {{ listed_city_key }}, 'openweather:' || cast({{ openweather_id }} as text)
    )
{%- endmacro %}
