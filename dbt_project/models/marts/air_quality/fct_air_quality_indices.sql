{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_air_quality_index_dates_changed',
        'scope_key': ['location_id', 'source', 'observed_date'],
        'partition_by': 'observed_at',
    },
) }}
{%- set scope = ref('int_air_quality_index_dates_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}
{%- set indexed_pollutants = ['pm2_5', 'pm10', 'no2', 'o3', 'so2', 'co'] -%}
{%- set exact = 'cast(value as decimal(18, 4))' -%}
{%- set min_share = var('air_quality_min_hour_share') -%}

with concentrations as (
    select *
    from {{ ref('fct_air_quality') }}
    where {{ within_scope(scope, key, key, reach_days=1, clock='observed_at') }}
),

-- the order of the pollutants decides which is named where several are as bad
measured as (
    {%- for pollutant in indexed_pollutants %}
    select
        location_id,
        source,
        observed_at,
        observed_date,
        {{ dbt.date_trunc('hour', 'observed_at') }} as hour_at,
        '{{ pollutant }}' as pollutant,
        {{ loop.index }} as pollutant_rank,
        {{ pollutant }}_ugm3 as value
    from concentrations
    where {{ pollutant }}_ugm3 is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- a clock hour counts once, however often it was asked for
hours as (
    select location_id, source, pollutant, hour_at, {{ exact_mean('value') }} as value
    from measured
    group by location_id, source, pollutant, hour_at
),

running as (
    select
        location_id,
        source,
        pollutant,
        hour_at,
        {%- for hours in [8, 24] %}
        case
            when {{ over_hours('count(*)', hours) }} >= {{ hours }} * {{ min_share }}
                then cast({{ over_hours('sum(' ~ exact ~ ')', hours) }} as double) / {{ over_hours('count(*)', hours) }}
        end as mean_{{ hours }}h,
        {%- endfor %}
        case
            when {{ over_hours('count(*)', 24) }} >= 24 * {{ min_share }} then {{ over_hours('max(value)', 24) }}
        end as maximum_24h
    from hours
),

averaged as (
    select
        measured.location_id,
        measured.source,
        measured.observed_at,
        measured.observed_date,
        measured.pollutant,
        measured.pollutant_rank,
        measured.value,
        running.mean_8h,
        running.mean_24h,
        running.maximum_24h
    from measured
    inner join running
        on
            measured.location_id = running.location_id
            and measured.source = running.source
            and measured.pollutant = running.pollutant
            and measured.hour_at = running.hour_at
    where {{ within_scope(
        scope, ['measured.location_id', 'measured.source', 'measured.observed_date'], key
    ) }}
),

lines as (
    select distinct index_name, pollutant, averaging_hours, maximum_hours, unit, truncated_decimals
    from {{ ref('air_quality_breakpoints') }}
),

-- the concentration that a line of breakpoints asks for
asked as (
    select
        averaged.location_id,
        averaged.source,
        averaged.observed_at,
        averaged.observed_date,
        averaged.pollutant,
        averaged.pollutant_rank,
        lines.index_name,
        lines.averaging_hours,
        lines.truncated_decimals,
        {{ concentration_in_unit(
            'case when lines.maximum_hours = 24 then averaged.maximum_24h when lines.averaging_hours = 1 then averaged.value'
            ~ ' when lines.averaging_hours = 8 then averaged.mean_8h when lines.averaging_hours = 24 then averaged.mean_24h end',
            'averaged.pollutant', 'lines.unit'
        ) }} as exact_concentration
    from averaged
    inner join lines on averaged.pollutant = lines.pollutant
),

truncated as (
    select *, {{ truncated('exact_concentration', 'truncated_decimals') }} as concentration
    from asked
),

-- the highest class whose lower bound is passed; where an index goes by a number, that number within it
classed as (
    select
        truncated.location_id,
        truncated.source,
        truncated.observed_at,
        truncated.observed_date,
        truncated.index_name,
        truncated.pollutant,
        truncated.pollutant_rank,
        breakpoints.class_number,
        round(
            breakpoints.index_low
            + (breakpoints.index_high - breakpoints.index_low)
            / (breakpoints.concentration_high - breakpoints.concentration_low)
            * (
                case
                    when breakpoints.is_extrapolated then truncated.concentration
                    else least(truncated.concentration, breakpoints.concentration_high)
                end - breakpoints.concentration_low
            )
        ) as interpolated
    from truncated
    inner join {{ ref('air_quality_breakpoints') }} as breakpoints
        on
            truncated.index_name = breakpoints.index_name
            and truncated.pollutant = breakpoints.pollutant
            and truncated.averaging_hours = breakpoints.averaging_hours
            and (
                truncated.concentration > breakpoints.concentration_low
                or (breakpoints.is_low_included and truncated.concentration = breakpoints.concentration_low)
            )
    qualify row_number() over (
        partition by
            truncated.location_id, truncated.source, truncated.observed_at,
            truncated.index_name, truncated.pollutant, truncated.averaging_hours
        order by breakpoints.class_number desc
    ) = 1
),

-- one of a pollutant: the worst of its averaging periods
sub_indices as (
    select *, cast(coalesce(interpolated, class_number) as bigint) as sub_index
    from classed
    qualify row_number() over (
        partition by location_id, source, observed_at, index_name, pollutant
        order by coalesce(interpolated, class_number) desc
    ) = 1
),

worst as (
    select
        *,
        count(*) over (partition by location_id, source, observed_at, index_name) as pollutant_count
    from sub_indices
    qualify row_number() over (
        partition by location_id, source, observed_at, index_name
        order by sub_index desc, pollutant_rank asc
    ) = 1
),

indices as (
    select
        index_name,
        index_version,
        count(distinct pollutant) as pollutant_count
    from {{ ref('air_quality_breakpoints') }}
    group by index_name, index_version
)

select
    worst.location_id,
    worst.observed_at,
    worst.observed_date,
    worst.source,
    worst.index_name,
    cast(indices.index_version as text) as index_version,
    worst.sub_index as index_value,
    cast(worst.class_number as bigint) as index_class,
    cast(classes.label_en as text) as index_label,
    cast(classes.label_fr as text) as index_label_fr,
    worst.pollutant as worst_pollutant,
    worst.pollutant_count,
    worst.pollutant_count = indices.pollutant_count as is_complete,
    '{{ invocation_id }}' as build_id
from worst
inner join indices on worst.index_name = indices.index_name
inner join {{ ref('air_quality_classes') }} as classes
    on worst.index_name = classes.index_name and worst.class_number = classes.class_number
