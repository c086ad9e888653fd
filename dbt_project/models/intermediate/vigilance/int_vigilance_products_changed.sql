-- Scope of vigilance: maps that arrived, and those whose successor did.
select distinct
    product,
    updated_date
from {{ ref('int_vigilance_products_followed') }}
where has_arrived or coalesce(has_new_successor, false)
