-- Months whose errors have to be summed again: those of the dates verified again.
select distinct
    location_id,
    cast({{ dbt.date_trunc('month', 'valid_date') }} as date) as month_start_date
from {{ ref('int_verification_dates_changed') }}
