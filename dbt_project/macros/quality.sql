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
        {'check': 'dew_point_above_temperature', 'measure': 'temperature_c', 'verdict': 'suspect',
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

{# Hours between two values for which the seed step_limits has tolerances; beyond the longest nothing is judged. #}
{% macro step_hours() -%} {{ return([3, 6]) }} {%- endmacro %}

{#
    The measures whose steps are judged, and what excuses one:
      dips       whether a fall below both values counts (the eye of a cyclone is a calm between two storms)
      tendency   whether the tendency that the report carries, or the next one's, can confirm the change: a barograph
                 drew it, so the low of a storm is none of a typist
#}
{% macro step_checks() -%}
    {{ return({
        'temperature_c': {'dips': true, 'tendency': false},
        'dew_point_c': {'dips': true, 'tendency': false},
        'pressure_sea_level_hpa': {'dips': true, 'tendency': true},
        'pressure_station_hpa': {'dips': true, 'tendency': true},
        'wind_speed_ms': {'dips': false, 'tendency': false},
    }) }}
{%- endmacro %}

{#
    Condition: the value departs from the one before and the one after, on the same side of both, by more than the tolerance
    of the time between (seed step_limits, by `limits`), and they differ less from one another than from it.
#}
{% macro is_step(measure, step, verdict) -%}
    {%- set before = 'abs(' ~ measure ~ ' - previous_' ~ measure ~ ')' -%}
    {%- set after = 'abs(' ~ measure ~ ' - next_' ~ measure ~ ')' -%}
    coalesce(
            {% if step.dips -%}
            ({{ measure }} - previous_{{ measure }}) * ({{ measure }} - next_{{ measure }}) > 0
            {%- else -%}
            {{ measure }} > previous_{{ measure }} and {{ measure }} > next_{{ measure }}
            {%- endif %}
            and abs(previous_{{ measure }} - next_{{ measure }}) <= least({{ before }}, {{ after }})
            and {{ before }} > {{ step_tolerance(measure, verdict, 'previous_' ~ measure ~ '_at', 'observed_at') }}
            and {{ after }} > {{ step_tolerance(measure, verdict, 'observed_at', 'next_' ~ measure ~ '_at') }}
            {%- if step.tendency %}
            -- by its amount: signs are coded apart, and wrongly at times
            and not coalesce(
                abs(abs(pressure_tendency_3h_hpa) - {{ before }}) <= {{ var('step_tendency_tolerance_hpa') }}
                and {{ dbt.dateadd('hour', 3, 'previous_' ~ measure ~ '_at') }} = observed_at, false
            )
            and not coalesce(
                abs(abs(next_tendency_3h_hpa) - {{ after }}) <= {{ var('step_tendency_tolerance_hpa') }}
                and {{ dbt.dateadd('hour', 3, 'observed_at') }} = next_{{ measure }}_at, false
            )
            {%- endif %}, false
        )
{%- endmacro %}

{# Tolerance between two times; null, which no step exceeds, where they are too far apart. #}
{% macro step_tolerance(measure, verdict, from_at, to_at) -%}
case
                {%- for hours in step_hours() %}
                when {{ to_at }} <= {{ dbt.dateadd('hour', hours, from_at) }}
                    then limits.{{ quantity_of_measure()[measure] }}_{{ verdict }}_{{ hours }}h
                {%- endfor %}
            end
{%- endmacro %}

{# The nearest value before (`lag`) or after (`lead`) that is not null. #}
{% macro value_beside(function, value, window) -%}
    {{ return(adapter.dispatch('value_beside', 'isobar')(function, value, window)) }}
{%- endmacro %}

{% macro default__value_beside(function, value, window) -%}
{{ function }}({{ value }} ignore nulls) over ({{ window }})
{%- endmacro %}

{% macro snowflake__value_beside(function, value, window) -%}
{{ function }}({{ value }}) ignore nulls over ({{ window }})
{%- endmacro %}

{#
    What can stand still, by the name its limit has in the seed persistence_limits: the measures that must all repeat, and those
    in doubt with them (a dew point is reckoned from the humidity).
#}
{% macro persistence_checks() -%}
    {{ return({
        'air_temperature': {'repeats': ['temperature_c'], 'condemns': ['temperature_c']},
        'dew_point': {'repeats': ['dew_point_c'], 'condemns': ['dew_point_c']},
        'relative_humidity': {
            'repeats': ['relative_humidity_pct'], 'condemns': ['relative_humidity_pct', 'dew_point_c']
        },
        'pressure_sea_level': {'repeats': ['pressure_sea_level_hpa'], 'condemns': ['pressure_sea_level_hpa']},
        'pressure_station': {'repeats': ['pressure_station_hpa'], 'condemns': ['pressure_station_hpa']},
        'wind': {
            'repeats': ['wind_speed_ms', 'wind_direction_deg'], 'condemns': ['wind_speed_ms', 'wind_direction_deg']
        },
    }) }}
{%- endmacro %}

{#
    The measures held against neighbours. Dew point, wind and rain are not: dry air on one side of a mountain and a shower
    are real, and no neighbour 100 km away has them.
#}
{% macro neighbour_checks() -%}
    {{ return(['temperature_c', 'pressure_sea_level_hpa']) }}
{%- endmacro %}

{#
    The nearest stations of each station of a list, within the distance and the difference of altitude that the vars allow.
    Only from the list: which of them report is another matter.
      stations   relation with location_id, latitude, longitude, altitude_m
#}
{% macro station_neighbours(stations) -%}
select
    stations.location_id,
    others.location_id as neighbour_id,
    {{ great_circle_km('stations.latitude', 'stations.longitude', 'others.latitude', 'others.longitude') }} as distance_km,
    others.altitude_m - stations.altitude_m as altitude_difference_m,
    row_number() over (
        partition by stations.location_id
        order by
            {{ great_circle_km('stations.latitude', 'stations.longitude', 'others.latitude', 'others.longitude') }},
            others.location_id
    ) as neighbour_rank
from {{ stations }} as stations
inner join {{ stations }} as others on stations.location_id != others.location_id
where
    {{ great_circle_km('stations.latitude', 'stations.longitude', 'others.latitude', 'others.longitude') }}
    <= {{ var('neighbour_max_distance_km') }}
    and abs(others.altitude_m - stations.altitude_m) <= {{ var('neighbour_max_altitude_difference_m') }}
qualify neighbour_rank <= {{ var('neighbour_max_count') }}
{%- endmacro %}
