-- All findings: of the report itself, of its place in time and among its neighbours, and of the 24 h total at 06 UTC against
-- the parts of its day.
{%- set checked = {
    'int_observations_checked': [],
    'int_steps_checked': ['expected_value'],
    'int_persistence_checked': [],
    'int_neighbours_checked': ['expected_value', 'neighbour_ids'],
} %}
{%- for model, has in checked.items() %}
select
    location_id,
    source,
    observed_at,
    observed_date,
    measure,
    check_name,
    reported_value,
    verdict,
    {{ 'expected_value' if 'expected_value' in has else 'cast(null as double)' }} as expected_value,
    {{ 'neighbour_ids' if 'neighbour_ids' in has else 'cast(null as text)' }} as neighbour_ids
from {{ ref(model) }}
union all
{%- endfor %}
select
    location_id,
    source,
    cast({{ dbt.dateadd('hour', 30, 'weather_date') }} as timestamp) as observed_at,
    {{ add_days('weather_date', 1) }} as observed_date,
    'precipitation_24h_mm' as measure,
    total_check_failed as check_name,
    total_mm as reported_value,
    'suspect' as verdict,
    parts_mm as expected_value,
    cast(null as text) as neighbour_ids
from {{ ref('int_rain_days_summed') }}
where total_check_failed is not null
