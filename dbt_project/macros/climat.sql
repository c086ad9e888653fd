{# A count of days as CLIMAT has it: -1 stands for "not measured there". #}
{% macro climat_days(count) -%} cast(case when {{ count }} >= 0 then {{ count }} end as bigint) {%- endmacro %}

{#
    Checks of a month's figures. No month has more days of a kind than days. The highest maximum cannot be below the mean of the
    maxima, nor the lowest minimum above that of the minima; which of the two is wrong the row does not show. The mean lies between
    those of the minima and of the maxima, which cannot be the other way round. A rain day has 1 mm at least, any other day less:
    the total, in whole millimetres, holds at least the one, and at most the other where the month had no rain day.
    A measure fails a check once: its contradictions of one kind are one condition.
#}
{% macro climat_checks() -%}
    {%- set t = var('temperature_tolerance_c') -%}
    {%- set checks = gross_limit_checks({
        'temperature_min_mean_c': 'air_temperature',
        'temperature_max_mean_c': 'air_temperature',
        'temperature_mean_c': 'air_temperature',
        'temperature_min_abs_c': 'air_temperature',
        'temperature_max_abs_c': 'air_temperature',
        'pressure_sea_level_mean_hpa': 'pressure_sea_level',
        'wind_gust_max_ms': 'wind_gust',
    }) -%}
    {%- for contradiction, measures in [
        ('temperature_max_abs_c < temperature_max_mean_c - ' ~ t, ['temperature_max_abs_c', 'temperature_max_mean_c']),
        ('temperature_min_abs_c > temperature_min_mean_c + ' ~ t, ['temperature_min_abs_c', 'temperature_min_mean_c']),
    ] -%}
        {%- for measure in measures -%}
            {%- do checks.append({
                'check': 'extreme_beyond_its_mean', 'measure': measure, 'verdict': 'suspect', 'fails': contradiction,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for measure in [
        'temperature_extreme_day_count', 'precipitation_day_count', 'rain_day_count', 'frost_day_count',
        'temperature_min_below_0c_day_count', 'hot_day_count',
    ] -%}
        {%- do checks.append({
            'check': 'more_days_than_the_month', 'measure': measure, 'verdict': 'rejected',
            'fails': measure ~ ' > calendar_day_count',
        }) -%}
    {%- endfor -%}
    {%- for least, largest in [
        ('temperature_min_mean_c', 'temperature_max_mean_c'), ('temperature_min_abs_c', 'temperature_max_abs_c'),
    ] -%}
        {%- for measure in [least, largest] -%}
            {%- do checks.append({
                'check': 'minimum_above_maximum', 'measure': measure, 'verdict': 'rejected',
                'fails': least ~ ' > ' ~ largest ~ ' + ' ~ t,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set below = 'temperature_mean_c < temperature_min_mean_c - ' ~ t -%}
    {%- set above = 'temperature_mean_c > temperature_max_mean_c + ' ~ t -%}
    {%- for measure, contradiction in [
        ('temperature_mean_c', below ~ ' or ' ~ above),
        ('temperature_min_mean_c', below),
        ('temperature_max_mean_c', above),
    ] -%}
        {%- do checks.append({
            'check': 'mean_beyond_its_extremes', 'measure': measure, 'verdict': 'suspect', 'fails': contradiction,
        }) -%}
    {%- endfor -%}
    {%- set rounding = var('climat_total_rounding_mm') -%}
    {%- for measure in ['precipitation_total_mm', 'rain_day_count'] -%}
        {%- do checks.append({
            'check': 'total_against_its_days', 'measure': measure, 'verdict': 'suspect',
            'fails': 'rain_day_count > precipitation_total_mm + ' ~ rounding
                ~ ' or (rain_day_count = 0 and precipitation_total_mm > calendar_day_count + ' ~ rounding ~ ')',
        }) -%}
    {%- endfor -%}
    {{ return(checks) }}
{%- endmacro %}
