-- Months to compute again: those of the weather dates, and those of which published figures arrived.
select distinct
    location_id,
    source,
    cast({{ dbt.date_trunc('month', 'weather_date') }} as date) as month_start_date
from {{ ref('int_weather_dates_changed') }}
union all
select
    location_id,
    source,
    month_start_date
from {{ ref('int_climat_months_arrived') }}
