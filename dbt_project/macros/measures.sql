{#
    The measures every source of observations is brought to, in the order of the columns. A source that lacks one gives
    null. What is in the list travels, is checked, and can be rejected measure by measure.
#}
{% macro observation_measures() -%}
    {{ return([
        'temperature_c', 'dew_point_c', 'relative_humidity_pct',
        'temperature_min_12h_c', 'temperature_max_12h_c', 'temperature_min_24h_c', 'temperature_max_24h_c',
        'temperature_min_ground_c',
        'pressure_sea_level_hpa', 'pressure_station_hpa', 'pressure_tendency_3h_hpa', 'pressure_tendency_24h_hpa',
        'wind_speed_ms', 'wind_direction_deg', 'wind_gust_10min_ms', 'wind_gust_period_ms',
        'visibility_m', 'cloud_cover_pct', 'cloud_base_m',
        'precipitation_1h_mm', 'precipitation_3h_mm', 'precipitation_6h_mm', 'precipitation_12h_mm',
        'precipitation_24h_mm', 'snow_depth_m', 'fresh_snow_depth_m',
    ]) }}
{%- endmacro %}

{# Measures that fct_observations computes from others where a station does not report them. #}
{% macro computable_measures() -%}
    {{ return(['dew_point_c', 'relative_humidity_pct', 'pressure_sea_level_hpa']) }}
{%- endmacro %}

{# What accompanies the measures: codes, flags and periods. Not judged by themselves. #}
{% macro observation_attributes() -%}
    {{ return([
        'wind_gust_period_min', 'is_sky_obscured',
        'is_trace_1h', 'is_trace_3h', 'is_trace_6h', 'is_trace_12h', 'is_trace_24h',
        'present_weather_code', 'past_weather_1_code', 'past_weather_2_code', 'ground_state_code',
        'pressure_tendency_code', 'openweather_condition_id', 'is_visibility_capped', 'has_unknown_units',
    ]) }}
{%- endmacro %}

{# Type of a measure or attribute: what its name says it is. For the columns that a source lacks. #}
{% macro observation_column_type(column) -%}
    {%- if column.startswith(('is_', 'has_')) -%} boolean
    {%- elif column.endswith(('_code', '_id')) -%} integer
    {%- else -%} double
    {%- endif -%}
{%- endmacro %}

{# Pollutants of the air by the names of their columns, without the unit. #}
{% macro air_pollutants() -%}
    {{ return(['pm2_5', 'pm10', 'no2', 'o3', 'so2', 'co', 'no', 'nh3']) }}
{%- endmacro %}

{# Total order of the versions of one observation: the first row is the one that counts. #}
{% macro version_order(direction='desc') -%}
    {%- if direction == 'desc' -%}
        inserted_at desc nulls last, {{ load_order() }}
    {%- else -%}
        inserted_at asc nulls first, load_id asc, landed_at asc, file_name asc, row_number asc
    {%- endif -%}
{%- endmacro %}

{# The same of what carries no time of its provider: an entry of a list, a line of a file that is rewritten. The last to land counts. #}
{% macro landing_order() -%} landed_at desc, {{ load_order() }} {%- endmacro %}

{#
    The same of what is published once: only a load that was killed may bring it again. One load holds several versions of a
    file where the lake is replayed: of those the last to land counts.
#}
{% macro load_order() -%} load_id desc, landed_at desc, file_name desc, row_number desc {%- endmacro %}

{#
    Keys of the observations that came more than once among `versions` (a relation or a subquery with an alias). Nearly all
    come once: ordering only the others spares a sort of every wide row of the history.
#}
{% macro repeated_observations(versions) -%}
    select location_id, source, observed_at
    from {{ versions }}
    group by location_id, source, observed_at
    having count(*) > 1
{%- endmacro %}

{# Predicate on `versions`: the observation is in the CTE `repeated` (with `negate`: it came once). #}
{% macro is_repeated(versions, negate=false) -%}
    {{ 'not ' if negate }}exists (
        select 1
        from repeated
        where
            repeated.location_id = {{ versions }}.location_id
            and repeated.source = {{ versions }}.source
            and repeated.observed_at = {{ versions }}.observed_at
    )
{%- endmacro %}

{#
    Observations without the values that findings condemn: a measure with a finding of one of the given verdicts becomes
    null. Also gives `worst_verdict` of the row ('suspect', 'rejected' or null).
      observations  relation keyed by location_id, source, observed_at
      findings      relation of findings, same key and measure, verdict
      measures      columns that may be nulled;  others: columns passed on
      told          measures of which is_<measure>_reported says whether there was a value, condemned or not
#}
{% macro without_findings(observations, findings, verdicts, measures, others, told=[]) -%}
    select
        observations.location_id,
        observations.source,
        observations.observed_at,
        observations.observed_date,
        {%- for measure in measures %}
        case when condemned.{{ measure }} is null then observations.{{ measure }} end as {{ measure }},
        {%- endfor %}
        {%- for measure in told %}
        observations.{{ measure }} is not null as is_{{ measure }}_reported,
        {%- endfor %}
        {%- for other in others %}
        observations.{{ other }},
        {%- endfor %}
        condemned.worst_verdict
    from {{ observations }} as observations
    left join (
        select
            location_id,
            source,
            observed_at,
            {%- for measure in measures %}
            max(
                case
                    when measure = '{{ measure }}' and verdict in ('{{ verdicts | join("', '") }}') then 1
                end
            ) as {{ measure }},
            {%- endfor %}
            -- 'suspect' sorts after 'rejected'
            min(verdict) as worst_verdict
        from {{ findings }}
        group by location_id, source, observed_at
    ) as condemned
        on
            observations.location_id = condemned.location_id
            and observations.source = condemned.source
            and observations.observed_at = condemned.observed_at
{%- endmacro %}

{# 64-bit hash of a row's values, nulls included: compares versions within one query, and is never stored. #}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'isobar')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%} hash({{ columns | join(', ') }}) {%- endmacro %}
