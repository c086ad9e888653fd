-- Scope of the forecasts: UTC dates of issue of which loads not yet published brought a step, and all dates of an id of
-- OpenWeather whose place a new list may have changed.
select location_id, source, issued_date
from {{ ref('int_forecast_versions_unioned') }}
where not is_published
union
select changed.location_id, 'openweather' as source, forecasts.issued_date
from {{ ref('stg_openweather__forecasts') }} as forecasts
inner join {{ ref('int_openweather_locations_changed') }} as changed on forecasts.openweather_id = changed.openweather_id
where forecasts.city_key is null
