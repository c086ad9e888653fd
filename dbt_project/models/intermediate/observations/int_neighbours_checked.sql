{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_days_changed', 'scope_key': ['location_id', 'source', 'observed_date']},
) }}
{%- set scope = ref('int_days_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}
{%- set measures = neighbour_checks() -%}

-- Values that none of a station's neighbours explains: further from their mean, weighted by the inverse square of the
-- distance, than several times the spread among them. Neighbours' temperatures are brought to the station's altitude.
with reports as (
    select
        location_id,
        source,
        observed_at,
        observed_date,
        {%- for measure in measures %}
        {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_observations_limited') }}
    where
        location_id in (
            select judged.location_id from {{ ref('int_station_neighbours') }} as judged
            union
            select around.neighbour_id from {{ ref('int_station_neighbours') }} as around
        )
        and {{ within_scope(scope, ['observed_date'], ['observed_date']) }}
),

summed as (
    select
        location_id,
        source,
        observed_at,
        {%- for measure in measures %}
        {%- set departure = 'departure_' ~ measure %}
        count({{ departure }}) as count_{{ measure }},
        -- to the resolution of the values: the weights have four decimals
        round(
            {{ exact_sum('weight * ' ~ departure) }}
            / {{ exact_sum('case when ' ~ departure ~ ' is not null then weight end') }}, 2
        ) as mean_{{ measure }},
        -- never below 0, whatever binary fractions make of it
        sqrt(
            greatest(
                0.0,
                {{ exact_mean(departure ~ ' * ' ~ departure) }} - power({{ exact_mean(departure) }}, 2)
            )
        ) as spread_{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            judged.location_id,
            judged.source,
            judged.observed_at,
            -- of the order of 1, so that four decimals keep it; nearer than 1 km counts as 1 km
            power(100.0 / greatest(1.0, neighbours.distance_km), 2) as weight,
            {%- for measure in measures %}
            around.{{ measure }}
            + (
                select limits.lapse_rate_per_km
                from {{ ref('neighbour_limits') }} as limits
                where limits.quantity = '{{ quantity_of_measure()[measure] }}'
            ) * neighbours.altitude_difference_m / 1000.0
            - judged.{{ measure }} as departure_{{ measure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from reports as judged
        inner join {{ ref('int_station_neighbours') }} as neighbours on judged.location_id = neighbours.location_id
        inner join reports as around
            on
                neighbours.neighbour_id = around.location_id
                and judged.source = around.source
                and judged.observed_at = around.observed_at
        where {{ within_scope(scope, ['judged.location_id', 'judged.source', 'judged.observed_date'], key) }}
    ) as departures
    group by location_id, source, observed_at
),

failing as (
    {%- for measure in measures %}
    select
        summed.location_id,
        summed.source,
        summed.observed_at,
        '{{ measure }}' as measure,
        summed.mean_{{ measure }} as mean_departure
    from summed
    inner join {{ ref('neighbour_limits') }} as limits on limits.quantity = '{{ quantity_of_measure()[measure] }}'
    where
        summed.count_{{ measure }} >= {{ var('neighbour_min_count') }}
        and abs(summed.mean_{{ measure }})
        > {{ var('neighbour_max_spreads') }} * greatest(summed.spread_{{ measure }}, limits.minimum_spread)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- with the value, and the neighbours that had one
named as (
    {%- for measure in measures %}
    select
        failing.location_id,
        failing.source,
        failing.observed_at,
        judged.observed_date,
        failing.measure,
        failing.mean_departure,
        judged.{{ measure }} as reported_value,
        neighbours.neighbour_id,
        neighbours.neighbour_rank
    from failing
    inner join reports as judged
        on
            failing.location_id = judged.location_id
            and failing.source = judged.source
            and failing.observed_at = judged.observed_at
    inner join {{ ref('int_station_neighbours') }} as neighbours on failing.location_id = neighbours.location_id
    inner join reports as around
        on
            neighbours.neighbour_id = around.location_id
            and failing.source = around.source
            and failing.observed_at = around.observed_at
    where failing.measure = '{{ measure }}' and around.{{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    location_id,
    source,
    observed_at,
    observed_date,
    measure,
    'neighbours' as check_name,
    reported_value,
    'suspect' as verdict,
    round(reported_value + mean_departure, 2) as expected_value,
    {{ dbt.listagg('neighbour_id', "' '", 'order by neighbour_rank') }} as neighbour_ids,
    '{{ invocation_id }}' as build_id
from named
group by location_id, source, observed_at, observed_date, measure, reported_value, mean_departure
