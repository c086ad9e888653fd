-- Every loaded row of every map, what kind of place it is about, and when the next map took its place.
select
    versions.product,
    versions.updated_at,
    versions.updated_date,
    versions.period,
    versions.domain_id,
    case
        when versions.domain_id = versions.product_domain_id then 'country'
        when length(versions.domain_id) = 4 and versions.domain_id like '%10' then 'coast'
        else 'department'
    end as domain_kind,
    case when versions.domain_id != versions.product_domain_id then substr(versions.domain_id, 1, 2) end as department_code,
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
from {{ ref('stg_meteofrance_vigilance__phenomena') }} as versions
inner join {{ ref('int_vigilance_products_followed') }} as products
    on versions.product = products.product and versions.product_domain_id = products.product_domain_id
