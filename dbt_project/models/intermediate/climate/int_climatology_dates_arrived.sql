-- Days of climatological posts on which the loads not yet published bear: what they brought, and all days of posts whose place
-- a list may have changed, at each of their places.
with days as (
    {%- for model in ['stg_climatology__rain_temperature_wind_days', 'stg_climatology__other_parameter_days'] %}
    select
        post_id,
        weather_date,
        is_published
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    days.post_id,
    coalesce(mapped.location_id, {{ insee_location_id('days.post_id') }}) as location_id,
    'climatology' as source,
    days.weather_date
from days
left join {{ ref('int_climatology_posts_mapped') }} as mapped on days.post_id = mapped.post_id
where not days.is_published
union
select
    days.post_id,
    changed.location_id,
    'climatology' as source,
    days.weather_date
from days
inner join {{ ref('int_climatology_locations_changed') }} as changed on days.post_id = changed.post_id
