-- Every map, and when the next one for the same area took its place.
with products as (
    select
        product,
        product_domain_id,
        updated_at,
        updated_date,
        max(case when is_published then 0 else 1 end) = 1 as has_arrived
    from {{ ref('stg_meteofrance_vigilance__phenomena') }}
    group by product, product_domain_id, updated_at, updated_date
)

select
    product,
    product_domain_id,
    updated_at,
    updated_date,
    has_arrived,
    lead(updated_at) over (partition by product_domain_id order by updated_at, product) as superseded_at,
    lead(has_arrived) over (partition by product_domain_id order by updated_at, product) as has_new_successor
from products
