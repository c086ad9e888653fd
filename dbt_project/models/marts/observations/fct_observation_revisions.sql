{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    cluster_by=clustered_by_year_and_place('observed_date'),
    meta={
        'scope': 'int_days_changed',
        'scope_key': ['location_id', 'source', 'observed_date'],
        'partition_by': 'observed_at',
    },
) }}
{%- set scope = ref('int_days_changed') -%}
{%- set key = ['location_id', 'source', 'observed_date'] -%}
{%- set measures = observation_measures() -%}
{%- set contents = observation_measures() + observation_attributes() -%}
{%- set passed_on = (
    ['location_id', 'observed_at', 'observed_date', 'source'] + measures + ['inserted_at', 'landed_at', 'file_name', 'load_id']
) | join(', ') -%}

{#- Not a CTE: read three times, it would be written out whole before. -#}
{%- set versions -%}
(
        select *
        from {{ ref('int_observation_versions_unioned') }}
        where {{ within_scope(scope, key, key, clock='observed_at') }}
    ) as versions
{%- endset %}

-- What was published, before quality control, and when the warehouse knew it.
with repeated as (
    {{ repeated_observations(versions) }}
),

published as (
    select
        *,
        {{ row_hash(contents) }} as content_hash,
        row_number() over (
            partition by location_id, source, observed_at order by {{ version_order('asc') }}
        ) as precedence
    from {{ versions }}
    where {{ is_repeated('versions') }}
),

-- The warehouse said the version of highest precedence among those landed so far. One that landed later but ranks lower
-- (an old file found again), or with a better one at the same instant, was never said.
arrived as (
    select
        *,
        precedence = max(precedence) over (
            partition by location_id, source, observed_at order by landed_at
            range between unbounded preceding and current row
        ) as was_said
    from published
),

-- said again unchanged is not a new version
said as (
    select *
    from arrived
    where was_said
    qualify
        row_number() over (partition by location_id, source, observed_at order by landed_at) = 1
        or content_hash != lag(content_hash) over (partition by location_id, source, observed_at order by landed_at)
),

never_said as (
    select *
    from arrived
    where
        not was_said
        and not exists (
            select 1
            from said
            where
                said.location_id = arrived.location_id
                and said.source = arrived.source
                and said.observed_at = arrived.observed_at
                and said.content_hash = arrived.content_hash
        )
    qualify row_number() over (
        partition by location_id, source, observed_at, content_hash order by landed_at, precedence
    ) = 1
),

ordered as (
    select
        {{ passed_on }},
        precedence,
        true as was_known,
        landed_at as known_from_at,
        lead(landed_at) over (partition by location_id, source, observed_at order by landed_at) as known_to_at
    from said
    union all
    select
        {{ passed_on }},
        precedence,
        false as was_known,
        cast(null as timestamp) as known_from_at,
        cast(null as timestamp) as known_to_at
    from never_said
),

numbered as (
    select
        {{ passed_on }},
        was_known,
        known_from_at,
        known_to_at,
        row_number() over (
            partition by location_id, source, observed_at order by landed_at, precedence
        ) as version
    from ordered
    union all
    -- published once: said from its arrival on
    select
        {{ passed_on }},
        true as was_known,
        landed_at as known_from_at,
        cast(null as timestamp) as known_to_at,
        1 as version
    from {{ versions }}
    where {{ is_repeated('versions', negate=true) }}
)

select
    location_id,
    observed_at,
    observed_date,
    source,
    cast(version as bigint) as version,
    known_from_at,
    known_to_at,
    was_known,
    was_known and known_to_at is null as is_current,
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    inserted_at,
    landed_at,
    file_name,
    load_id,
    '{{ invocation_id }}' as build_id
from numbered
