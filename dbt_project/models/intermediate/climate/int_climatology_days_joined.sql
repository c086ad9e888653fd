{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_climatology_dates_arrived', 'scope_key': ['location_id', 'source', 'weather_date']},
) }}
{%- set scope = ref('int_climatology_dates_arrived') -%}
{%- set post_key = ['post_id', 'weather_date'] -%}
{%- set measures = climatology_quantities() -%}
{%- set of_first = climatology_rain_temperature_wind_values() | map(attribute=1) | list -%}

-- A post's day out of both kinds of file, the version that counts of each. Neither kind has all the days of the other.
{%- set kinds = {
    'first_kind': 'stg_climatology__rain_temperature_wind_days',
    'second_kind': 'stg_climatology__other_parameter_days',
} %}
with
{%- for kind, model in kinds.items() %}
{{ kind }} as (
    select *
    from {{ ref(model) }}
    where {{ within_scope(scope, post_key, post_key) }}
    qualify row_number() over (partition by post_id, weather_date order by {{ landing_order() }}) = 1
),

{% endfor -%}
joined as (
    select
        coalesce(first_kind.post_id, second_kind.post_id) as post_id,
        coalesce(first_kind.weather_date, second_kind.weather_date) as weather_date,
        {%- for measure in measures %}
        {%- set kind = 'first_kind' if measure in of_first else 'second_kind' %}
        {{ kind }}.{{ measure }},
        {{ kind }}.{{ measure }}_quality_code{{ ',' if not loop.last }}
        {%- endfor %}
    from first_kind
    full outer join second_kind
        on first_kind.post_id = second_kind.post_id and first_kind.weather_date = second_kind.weather_date
)

select
    coalesce(mapped.location_id, {{ insee_location_id('joined.post_id') }}) as location_id,
    'climatology' as source,
    joined.*,
    '{{ invocation_id }}' as build_id
from joined
left join {{ ref('int_climatology_posts_mapped') }} as mapped on joined.post_id = mapped.post_id
-- a post that observes none of these says nothing of the day
where coalesce(joined.{{ measures | join(', joined.') }}) is not null
