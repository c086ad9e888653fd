{# The quantity whose limits (seed measure_limits) a measure is held to. Measures absent here have no gross limit. #}
{% macro quantity_of_measure() -%}
    {{ return({
        'temperature_c': 'air_temperature',
        'temperature_min_12h_c': 'air_temperature',
        'temperature_max_12h_c': 'air_temperature',
        'temperature_min_24h_c': 'air_temperature',
        'temperature_max_24h_c': 'air_temperature',
        'temperature_min_ground_c': 'ground_temperature',
        'dew_point_c': 'dew_point',
        'relative_humidity_pct': 'relative_humidity',
        'pressure_sea_level_hpa': 'pressure_sea_level',
        'pressure_station_hpa': 'pressure_station',
        'pressure_tendency_3h_hpa': 'pressure_tendency_3h',
        'pressure_tendency_24h_hpa': 'pressure_tendency_24h',
        'wind_speed_ms': 'wind_speed',
        'wind_direction_deg': 'wind_direction',
        'wind_gust_10min_ms': 'wind_gust',
        'wind_gust_period_ms': 'wind_gust',
        'visibility_m': 'visibility',
        'cloud_cover_pct': 'cloud_cover',
        'cloud_base_m': 'cloud_base',
        'precipitation_1h_mm': 'precipitation_1h',
        'precipitation_3h_mm': 'precipitation_3h',
        'precipitation_6h_mm': 'precipitation_6h',
        'precipitation_12h_mm': 'precipitation_12h',
        'precipitation_24h_mm': 'precipitation_24h',
        'snow_depth_m': 'snow_depth',
        'fresh_snow_depth_m': 'fresh_snow_depth',
    }) }}
{%- endmacro %}

{# Lengths (hours) of rain amounts of which one is made of whole numbers of the other. #}
{% macro rain_wholes_and_parts() -%}
    {{ return([(3, 1), (6, 1), (6, 3), (12, 1), (12, 3), (12, 6), (24, 1), (24, 3), (24, 6), (24, 12)]) }}
{%- endmacro %}

{#
    Internal consistency, over the values that passed the gross limits. Each check names the measure it judges, the verdict,
    and the condition under which the value fails: columns of the report, altitude_m, *_reading_12h_c, the lowest and
    highest temperature read in the 12 h that end with the report, and sum_of_*_mm, the parts reported of a rain amount.
    A contradiction that cannot hold in nature and whose culprit is known rejects; where either value may be at fault
    the measure is suspect. A value whose unit nobody knows was never read (`unknown_units`): it is null in the report already.
#}
{% macro consistency_checks() -%}
    {%- set t = var('temperature_tolerance_c') -%}
    {%- set w = var('wind_tolerance_ms') -%}
    {%- set reduced = sea_level_pressure_hpa('pressure_station_hpa', 'altitude_m', 'temperature_c') -%}
    {%- set checks = [
        {'check': 'unknown_units', 'measure': 'temperature_c', 'verdict': 'rejected', 'fails': 'has_unknown_units'},
        {'check': 'unknown_units', 'measure': 'wind_speed_ms', 'verdict': 'rejected', 'fails': 'has_unknown_units'},
        {'check': 'dew_point_above_temperature', 'measure': 'dew_point_c', 'verdict': 'rejected',
         'fails': 'dew_point_c > temperature_c + ' ~ t},
        {'check': 'minimum_above_maximum', 'measure': 'temperature_min_12h_c', 'verdict': 'rejected',
         'fails': 'temperature_min_12h_c > temperature_max_12h_c + ' ~ t},
        {'check': 'minimum_above_maximum', 'measure': 'temperature_max_12h_c', 'verdict': 'rejected',
         'fails': 'temperature_min_12h_c > temperature_max_12h_c + ' ~ t},
        {'check': 'minimum_above_maximum', 'measure': 'temperature_min_24h_c', 'verdict': 'rejected',
         'fails': 'temperature_min_24h_c > temperature_max_24h_c + ' ~ t},
        {'check': 'minimum_above_maximum', 'measure': 'temperature_max_24h_c', 'verdict': 'rejected',
         'fails': 'temperature_min_24h_c > temperature_max_24h_c + ' ~ t},
        {'check': 'minimum_above_temperature', 'measure': 'temperature_min_12h_c', 'verdict': 'suspect',
         'fails': 'temperature_min_12h_c > temperature_c + ' ~ t},
        {'check': 'minimum_above_temperature', 'measure': 'temperature_min_24h_c', 'verdict': 'suspect',
         'fails': 'temperature_min_24h_c > temperature_c + ' ~ t},
        {'check': 'maximum_below_temperature', 'measure': 'temperature_max_12h_c', 'verdict': 'suspect',
         'fails': 'temperature_max_12h_c < temperature_c - ' ~ t},
        {'check': 'maximum_below_temperature', 'measure': 'temperature_max_24h_c', 'verdict': 'suspect',
         'fails': 'temperature_max_24h_c < temperature_c - ' ~ t},
        {'check': 'extreme_far_from_readings', 'measure': 'temperature_min_12h_c', 'verdict': 'suspect',
         'fails': 'reading_count_12h >= ' ~ var('extreme_min_reading_count')
            ~ ' and temperature_min_12h_c < lowest_reading_12h_c - ' ~ var('extreme_max_distance_c')},
        {'check': 'extreme_far_from_readings', 'measure': 'temperature_max_12h_c', 'verdict': 'suspect',
         'fails': 'reading_count_12h >= ' ~ var('extreme_min_reading_count')
            ~ ' and temperature_max_12h_c > highest_reading_12h_c + ' ~ var('extreme_max_distance_c')},
        {'check': 'gust_below_mean_wind', 'measure': 'wind_gust_10min_ms', 'verdict': 'suspect',
         'fails': 'wind_gust_10min_ms < wind_speed_ms - ' ~ w},
        {'check': 'gust_below_mean_wind', 'measure': 'wind_gust_period_ms', 'verdict': 'suspect',
         'fails': 'wind_gust_period_ms < wind_speed_ms - ' ~ w ~ ' and wind_gust_period_min <= 10'},
        {'check': 'sea_level_pressure_against_station', 'measure': 'pressure_sea_level_hpa', 'verdict': 'suspect',
         'fails': 'altitude_m <= ' ~ var('pressure_reduction_max_altitude_m') ~ ' and abs(pressure_sea_level_hpa - '
            ~ reduced ~ ') > ' ~ var('pressure_reduction_tolerance_hpa')},
        {'check': 'sea_level_pressure_against_station', 'measure': 'pressure_station_hpa', 'verdict': 'suspect',
         'fails': 'altitude_m <= ' ~ var('pressure_reduction_max_altitude_m') ~ ' and abs(pressure_sea_level_hpa - '
            ~ reduced ~ ') > ' ~ var('pressure_reduction_tolerance_hpa')},
    ] -%}
    {%- for whole, part in rain_wholes_and_parts() -%}
        {%- do checks.append({
            'check': 'total_below_its_parts',
            'measure': 'precipitation_' ~ whole ~ 'h_mm',
            'verdict': 'suspect',
            'fails': rain_total_is_below(
                'precipitation_' ~ whole ~ 'h_mm', 'sum_of_' ~ part ~ 'h_over_' ~ whole ~ 'h_mm', whole // part
            ),
        }) -%}
    {%- endfor -%}
    {{ return(checks) }}
{%- endmacro %}

{#
    A total that its disjoint parts exceed by more than their printing explains: a total of 0 by the tolerance of the
    contract, any other also by half a millimetre for each part.
#}
{% macro rain_total_is_below(total_mm, parts_mm, part_count) -%}
{{ parts_mm }} > {{ total_mm }} + {{ var('rain_total_tolerance_mm') }}
+ case when {{ total_mm }} = 0 then 0 else {{ var('rain_part_rounding_mm') }} * {{ part_count }} end
{%- endmacro %}
