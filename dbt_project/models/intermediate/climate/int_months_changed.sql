-- Months to compute again: those of the weather dates.
select distinct
    location_id,
    source,
    cast({{ dbt.date_trunc('month', 'weather_date') }} as date) as month_start_date
from {{ ref('int_weather_dates_changed') }}
