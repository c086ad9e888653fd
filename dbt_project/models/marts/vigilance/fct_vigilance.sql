{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={
        'scope': 'int_vigilance_products_changed',
        'scope_key': ['product', 'updated_date'],
        'partition_by': 'updated_date',
    },
) }}
{%- set scope = ref('int_vigilance_products_changed') -%}
{%- set key = ['product', 'updated_date'] -%}

with latest as (
    select *
    from {{ ref('int_vigilance_versions_followed') }}
    where {{ within_scope(scope, key, key) }}
    qualify row_number() over (
        partition by product, domain_id, phenomenon_id, begins_at order by {{ load_order() }}
    ) = 1
)

select
    latest.product,
    latest.domain_id,
    latest.phenomenon_id,
    latest.begins_at,
    latest.ends_at,
    latest.updated_at,
    latest.updated_date,
    latest.period,
    cast(coalesce(colours.colour, 'unknown') as text) as colour,
    cast(latest.colour_number as bigint) as colour_number,
    cast(phenomena.phenomenon_name_en as text) as phenomenon_name_en,
    cast(phenomena.phenomenon_name_fr as text) as phenomenon_name_fr,
    latest.domain_kind,
    latest.department_code,
    latest.is_whole_period,
    latest.superseded_at,
    latest.superseded_at is null as is_current,
    greatest(latest.begins_at, latest.updated_at) as valid_from_at,
    least(latest.ends_at, coalesce(latest.superseded_at, latest.ends_at)) as valid_to_at,
    latest.landed_at as loaded_at,
    '{{ invocation_id }}' as build_id
from latest
left join {{ ref('vigilance_colours') }} as colours on latest.colour_number = colours.colour_number
left join {{ ref('vigilance_phenomena') }} as phenomena on latest.phenomenon_id = phenomena.phenomenon_id
