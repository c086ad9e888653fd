-- All findings: of the report itself, and of the 24 h total at 06 UTC against the parts of its day.
select location_id, source, observed_at, observed_date, measure, check_name, reported_value, verdict
from {{ ref('int_observations_checked') }}
union all
select
    location_id,
    source,
    cast({{ dbt.dateadd('hour', 30, 'weather_date') }} as timestamp) as observed_at,
    {{ add_days('weather_date', 1) }} as observed_date,
    'precipitation_24h_mm' as measure,
    total_check_failed as check_name,
    total_mm as reported_value,
    'suspect' as verdict
from {{ ref('int_rain_days_summed') }}
where total_check_failed is not null
