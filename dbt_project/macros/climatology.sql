{# A place by the number of its post, where no WMO number is known. #}
{% macro insee_location_id(post_id) -%} 'insee:' || {{ post_id }} {%- endmacro %}

{# hhmm without leading zeros, as BASE files have it (415 is 04:15): minutes after 0 h. #}
{% macro hhmm_to_minutes(hhmm) -%}
    cast(floor({{ hhmm }} / 100) * 60 + mod(cast({{ hhmm }} as integer), 100) as integer)
{%- endmacro %}

{% macro centimetres_to_metres(centimetres) -%} round({{ centimetres }} / 100.0, 4) {%- endmacro %}

{#
    Values of a daily BASE file: raw column, its name in the warehouse, its kind. Each has a quality code beside it.
    Kinds: same (unit kept), time (hhmm), flag (0 or 1), cm (to m), count (whole number).
#}
{% macro climatology_rain_temperature_wind_values() -%}
    {{ return([
        ('rr', 'precipitation_mm', 'same'),
        ('tn', 'temperature_min_c', 'same'),
        ('htn', 'temperature_min_time_min', 'time'),
        ('tx', 'temperature_max_c', 'same'),
        ('htx', 'temperature_max_time_min', 'time'),
        ('tm', 'temperature_mean_c', 'same'),
        ('tntxm', 'temperature_tntx_mean_c', 'same'),
        ('tampli', 'temperature_range_c', 'same'),
        ('tnsol', 'temperature_min_ground_c', 'same'),
        ('tn50', 'temperature_min_50cm_c', 'same'),
        ('dg', 'frost_duration_min', 'same'),
        ('ffm', 'wind_speed_mean_ms', 'same'),
        ('ff2m', 'wind_speed_2m_mean_ms', 'same'),
        ('fxy', 'wind_speed_max_ms', 'same'),
        ('dxy', 'wind_speed_max_direction_deg', 'same'),
        ('hxy', 'wind_speed_max_time_min', 'time'),
        ('fxi', 'wind_gust_max_ms', 'same'),
        ('dxi', 'wind_gust_max_direction_deg', 'same'),
        ('hxi', 'wind_gust_max_time_min', 'time'),
        ('fxi2', 'wind_gust_2m_max_ms', 'same'),
        ('dxi2', 'wind_gust_2m_max_direction_deg', 'same'),
        ('hxi2', 'wind_gust_2m_max_time_min', 'time'),
        ('fxi3s', 'wind_gust_3s_max_ms', 'same'),
        ('dxi3s', 'wind_gust_3s_max_direction_deg', 'same'),
        ('hxi3s', 'wind_gust_3s_max_time_min', 'time'),
        ('drr', 'precipitation_duration_min', 'same'),
    ]) }}
{%- endmacro %}

{% macro climatology_other_values() -%}
    {{ return([
        ('dhumec', 'wetness_duration_min', 'same'),
        ('pmerm', 'pressure_sea_level_mean_hpa', 'same'),
        ('pmermin', 'pressure_sea_level_min_hpa', 'same'),
        ('inst', 'sunshine_duration_min', 'same'),
        ('glot', 'global_radiation_jcm2', 'same'),
        ('dift', 'diffuse_radiation_jcm2', 'same'),
        ('dirt', 'direct_radiation_jcm2', 'same'),
        ('infrart', 'infrared_radiation_jcm2', 'same'),
        ('uv', 'uv_radiation_jcm2', 'same'),
        ('uv_indicex', 'uv_index_max', 'same'),
        ('sigma', 'sunshine_fraction_pct', 'same'),
        ('un', 'relative_humidity_min_pct', 'same'),
        ('hun', 'relative_humidity_min_time_min', 'time'),
        ('ux', 'relative_humidity_max_pct', 'same'),
        ('hux', 'relative_humidity_max_time_min', 'time'),
        ('um', 'relative_humidity_mean_pct', 'same'),
        ('dhumi40', 'dry_air_duration_min', 'same'),
        ('dhumi80', 'humid_air_duration_min', 'same'),
        ('tsvm', 'vapour_pressure_mean_hpa', 'same'),
        ('etpmon', 'evapotranspiration_mm', 'same'),
        ('etpgrille', 'evapotranspiration_grid_mm', 'same'),
        ('ecoulementm', 'flow_level_mean', 'same'),
        ('hneigef', 'fresh_snow_depth_m', 'cm'),
        ('neigetotx', 'snow_depth_max_m', 'cm'),
        ('neigetot06', 'snow_depth_06h_m', 'cm'),
        ('neig', 'has_snowfall', 'flag'),
        ('brou', 'has_fog', 'flag'),
        ('orag', 'has_thunderstorm', 'flag'),
        ('gresil', 'has_small_hail', 'flag'),
        ('grele', 'has_hail', 'flag'),
        ('rosee', 'has_dew', 'flag'),
        ('verglas', 'has_glaze', 'flag'),
        ('solneige', 'has_snow_cover', 'flag'),
        ('gelee', 'has_hoar_frost', 'flag'),
        ('fumee', 'has_smoke', 'flag'),
        ('brume', 'has_mist', 'flag'),
        ('eclair', 'has_lightning', 'flag'),
        ('nb300', 'low_cloud_cover_max_oktas', 'count'),
        ('ba300', 'low_cloud_base_min_m', 'same'),
        ('tmermin', 'sea_temperature_min_c', 'same'),
        ('tmermax', 'sea_temperature_max_c', 'same'),
    ]) }}
{%- endmacro %}

{# The columns of a file's values in the warehouse's names and units, each followed by its quality code. #}
{% macro climatology_columns(days, values) -%}
    {%- for raw, name, kind in values %}
    {%- set value = days ~ '.' ~ raw %}
    {% if kind == 'time' %}{{ hhmm_to_minutes(value) }}
    {%- elif kind == 'cm' %}{{ centimetres_to_metres(value) }}
    {%- elif kind == 'flag' %}{{ value }} = 1
    {%- elif kind == 'count' %}cast({{ value }} as integer)
    {%- else %}{{ value }}
    {%- endif %} as {{ name }},
    cast({{ days }}.q{{ raw }} as integer) as {{ name }}_quality_code{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#
    Every published version of the days of one kind of file, in the warehouse's names and units, each value with its quality code.
    Dates are the provider's: UTC windows in metropolitan France, local ones overseas. Loads still under way are left out.
#}
{% macro climatology_days(table, values) -%}
with loads as (
    {{ completed_loads('raw_climatology') }}
),

days as (
    select * from {{ source('raw_climatology', table) }}
)

select
    days.num_poste as post_id,
    trim(days.nom_usuel) as station_name,
    days.lat as latitude,
    days.lon as longitude,
    days.alti as altitude_m,
    days.aaaammjj as weather_date,
    {{ climatology_columns('days', values) }},
    days.source_file as file_name,
    days.source_row as row_number,
    days.landed_at,
    days._dlt_load_id as load_id,
    loads.is_published
from days
inner join loads on days._dlt_load_id = loads.load_id
{%- endmacro %}

{#
    Measures of a climatological day that the marts take, and their gross limits. The gust is FXI, the instantaneous wind (0.5 s) that
    SYNOP's gusts are too and that has the longest record; FXI3S (3 s, recent) and FXY (a 10 min mean) are other quantities.
#}
{% macro climatology_quantities() -%}
    {{ return({
        'temperature_min_c': 'air_temperature',
        'temperature_max_c': 'air_temperature',
        'temperature_mean_c': 'air_temperature',
        'temperature_tntx_mean_c': 'air_temperature',
        'precipitation_mm': 'precipitation_24h',
        'wind_speed_mean_ms': 'wind_speed',
        'wind_gust_max_ms': 'wind_gust',
        'pressure_sea_level_mean_hpa': 'pressure_sea_level',
        'relative_humidity_mean_pct': 'relative_humidity',
    }) }}
{%- endmacro %}

{#
    Checks of a climatological day. Quality codes: 0 protected, 1 validated, 9 filtered are good; 2 is doubtful, and so is what
    nobody has judged. Tn is at most, Tx at least, any reading of the hours that their windows share.
#}
{% macro climatology_checks() -%}
    {%- set quantities = climatology_quantities() -%}
    {%- set checks = gross_limit_checks(quantities) -%}
    {%- for measure in quantities -%}
        {%- do checks.append({
            'check': 'source_quality_code', 'measure': measure, 'verdict': 'suspect',
            'fails': measure ~ ' is not null and coalesce(' ~ measure ~ '_quality_code, 2) not in (0, 1, 9)',
        }) -%}
    {%- endfor -%}
    {%- for measure in ['temperature_min_c', 'temperature_max_c'] -%}
        {%- do checks.append({
            'check': 'minimum_above_maximum', 'measure': measure, 'verdict': 'rejected',
            'fails': 'temperature_min_c > temperature_max_c + ' ~ var('temperature_tolerance_c'),
        }) -%}
    {%- endfor -%}
    {{ return(checks) }}
{%- endmacro %}
