-- Scores of all pairs together, of each place, of each month, and of each place and month.
with every_group as (
    {%- for location, month in [
        ('location_id', 'left(cast(month_start_date as text), 7)'), ('location_id', "'all'"),
        ("'all'", 'left(cast(month_start_date as text), 7)'), ("'all'", "'all'"),
    ] %}
    select {{ location }} as skill_location_id, {{ month }} as skill_month, errors.*
    from {{ ref('agg_forecast_errors') }} as errors
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sums as (
    select
        source,
        element,
        lead_bucket_hours,
        skill_location_id as location_id,
        skill_month as month,
        {%- for counted in ['pair', 'persistence_pair', 'climatology_pair', 'probability_pair'] %}
        cast(sum({{ counted }}_count) as bigint) as {{ counted }}_count,
        {%- endfor %}
        {%- for event in ['hit', 'miss', 'false_alarm', 'correct_negative'] %}
        case when element = 'precipitation_3h_mm' then cast(sum({{ event }}_count) as bigint) end as {{ event }}_count,
        {%- endfor %}
        {%- for summed in ['error', 'absolute_error', 'squared_error', 'squared_probability_error'] %}
        {{ exact_sum(summed ~ '_sum') }} as {{ summed }}_sum,
        {%- endfor %}
        {%- for reference in ['persistence', 'climatology'] %}
        {{ exact_sum(reference ~ '_pairs_squared_error_sum') }} as {{ reference }}_pairs_squared_error_sum,
        {{ exact_sum(reference ~ '_squared_error_sum') }} as {{ reference }}_squared_error_sum
        {{- ',' if not loop.last }}
        {%- endfor %}
    from every_group
    group by source, element, lead_bucket_hours, skill_location_id, skill_month
)

select
    source,
    element,
    lead_bucket_hours,
    location_id,
    month,
    pair_count,
    error_sum / pair_count as bias,
    absolute_error_sum / pair_count as mae,
    sqrt(squared_error_sum / pair_count) as rmse,
    {{ skill('persistence_pairs_squared_error_sum', 'persistence_squared_error_sum') }} as skill_persistence,
    persistence_pair_count,
    {{ skill('climatology_pairs_squared_error_sum', 'climatology_squared_error_sum') }} as skill_climatology,
    climatology_pair_count,
    hit_count,
    miss_count,
    false_alarm_count,
    correct_negative_count,
    hit_count / nullif(cast(hit_count + miss_count as double), 0) as pod,
    false_alarm_count / nullif(cast(hit_count + false_alarm_count as double), 0) as far,
    hit_count / nullif(cast(hit_count + miss_count + false_alarm_count as double), 0) as csi,
    squared_probability_error_sum / nullif(cast(probability_pair_count as double), 0) as brier,
    probability_pair_count
from sums
