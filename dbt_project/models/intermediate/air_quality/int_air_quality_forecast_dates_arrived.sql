-- Scope of the air quality forecasts: UTC dates of issue of which loads not yet published brought a step.
select distinct location_id, source, issued_date
from {{ ref('int_air_quality_forecast_versions_unioned') }}
where not is_published
