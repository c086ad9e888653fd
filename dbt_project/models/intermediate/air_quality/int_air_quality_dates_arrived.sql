-- Scope of the air quality: UTC dates of a place of which loads not yet published brought an hour.
select distinct location_id, source, observed_date
from {{ ref('int_air_quality_versions_unioned') }}
where not is_published
