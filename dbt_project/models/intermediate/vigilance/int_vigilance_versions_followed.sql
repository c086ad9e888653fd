-- Every loaded row of every map, what kind of place it is about, and when the next map took its place.
with versions as (
    select
        *,
        {{ vigilance_domain_kind('domain_id', 'product_domain_id') }} as domain_kind
    from {{ ref('stg_meteofrance_vigilance__phenomena') }}
)

select
    versions.product,
    versions.updated_at,
    versions.updated_date,
    versions.period,
    versions.domain_id,
    versions.domain_kind,
    case versions.domain_kind
        when 'department' then versions.domain_id
        when 'coast' then left(versions.domain_id, length(versions.domain_id) - 2)
    end as department_code,
    versions.phenomenon_id,
    versions.begins_at,
    versions.ends_at,
    versions.is_whole_period,
    versions.colour_number,
    products.superseded_at,
    versions.load_id,
    versions.file_name,
    versions.row_number,
    versions.landed_at,
    versions.is_published
from versions
inner join {{ ref('int_vigilance_products_followed') }} as products
    on versions.product = products.product and versions.product_domain_id = products.product_domain_id
