{#- Elements of a day: what says that the value is final, and whether more reports can only raise (1) or lower (-1) it. -#}
{%- set elements = {
    'temperature_max_c': ('days.is_temperature_max_complete', 1),
    'temperature_min_c': ('days.is_temperature_min_complete', -1),
    'precipitation_mm': ('days.is_precipitation_complete', 1),
    'wind_gust_max_ms': ('coalesce(days.observation_count >= ' ~ expected_observations('days.source') ~ ', true)', 1),
} -%}
{#- Days off the core level within an event: at most one less than end it (tested on the seed). -#}
{%- set max_pause_days = 6 -%}
{%- set roles = ['core', 'peak', 'exit', 'end', 'severe', 'extreme'] -%}
{%- set series_key = 'threshold_name, place, series' -%}

-- Gaps and islands: the days at the core level of a rule are chained while fewer days off it lie between two of them than
-- end an event, each of them known and none past the exit level. A chain with enough core days and peaks is an event.
with rules as (
    select
        rules.threshold_name,
        rules.event_type,
        rules.scope,
        rules.element,
        rules.unit,
        rules.country_code,
        {%- for role in roles if role != 'end' %}
        {{ role }}_level.operator as {{ role }}_operator,
        {{ role }}_level.value as {{ role }}_value,
        {%- endfor %}
        core_level.day_count as core_days,
        coalesce(peak_level.day_count, 0) as peak_days,
        coalesce(end_level.day_count, 1) - 1 as pause_days,
        -- 1 where high values make the event, -1 where low ones do
        case when core_level.operator like '>%' then 1 else -1 end as direction
    from {{ ref('event_rules') }} as rules
    {%- for role in roles %}
    left join {{ ref('event_thresholds') }} as {{ role }}_level
        on rules.threshold_name = {{ role }}_level.threshold_name and {{ role }}_level.role = '{{ role }}'
    {%- endfor %}
),

-- What is known of a place's day: `series` says by whom, `preference` whom to believe.
readings as (
    select
        'national' as scope,
        'national' as place,
        cast(null as text) as country_code,
        indicator as series,
        case indicator when 'national_30' then 1 else 2 end as preference,
        weather_date,
        'temperature_tntx_mean_c' as element,
        temperature_c as value,
        true as is_final,
        0 as growth
    from {{ ref('fct_thermal_indicators') }}
    where is_valid
    {%- for element, (is_final, growth) in elements.items() %}
    union all
    select
        'location' as scope,
        days.location_id as place,
        locations.country_code,
        days.source as series,
        case days.source
            {%- for source in var('event_sources') %}
            when '{{ source }}' then {{ loop.index }}
            {%- endfor %}
        end as preference,
        days.weather_date,
        '{{ element }}' as element,
        days.{{ element }} as value,
        {{ is_final }} as is_final,
        {{ growth }} as growth
    from {{ ref('fct_daily_weather') }} as days
    inner join {{ ref('dim_locations') }} as locations on days.location_id = locations.location_id
    where
        days.{{ element }} is not null
        and days.source in (
            {%- for source in var('event_sources') %}
            '{{ source }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
    {%- endfor %}
),

-- Those that somebody stands behind: the last in preference outranks nobody and need not be looked up.
best as (
    select place, element, weather_date, min(preference) as preference
    from readings
    where preference < {{ [var('event_sources') | length, 2] | max }}
    group by place, element, weather_date
),

preferred as (
    select readings.*
    from readings
    left join best
        on
            readings.place = best.place
            and readings.element = best.element
            and readings.weather_date = best.weather_date
    where readings.preference <= coalesce(best.preference, readings.preference)
),

-- A day counts when its value is final, or when what is missing of it cannot take it back.
known_days as (
    select *
    from (
        select
            rules.threshold_name,
            preferred.place,
            preferred.series,
            preferred.weather_date,
            preferred.value,
            preferred.is_final,
            preferred.growth = rules.direction as is_past_return,
            {{ reaches('preferred.value', 'rules.core_operator', 'rules.core_value') }} as is_core,
            {{ reaches('preferred.value', 'rules.peak_operator', 'rules.peak_value') }} as is_peak,
            {{ reaches('preferred.value', 'rules.exit_operator', 'rules.exit_value') }} as is_exit
        from preferred
        inner join rules
            on
                preferred.scope = rules.scope
                and preferred.element = rules.element
                and (rules.country_code = 'all' or preferred.country_code = rules.country_code)
    ) as judged
    where is_final or (is_core and is_past_return)
),

-- The days that may lie within an event, numbered: where the numbers run as the dates do, none between is missing.
band as (
    select
        known_days.*,
        rules.core_value,
        rules.core_days,
        rules.peak_days,
        rules.pause_days,
        rules.direction,
        row_number() over (
            partition by known_days.threshold_name, known_days.place, known_days.series
            order by known_days.weather_date
        ) as day_number
    from known_days
    inner join rules on known_days.threshold_name = rules.threshold_name
    where known_days.is_core or (rules.pause_days >= 1 and not known_days.is_exit)
),

chained as (
    select
        *,
        {{ dbt.datediff(
            'lag(weather_date) over (partition by ' ~ series_key ~ ' order by weather_date)', 'weather_date', 'day'
        ) }} as days_since_core,
        day_number - lag(day_number) over (partition by {{ series_key }} order by weather_date) as band_days_since_core
    from band
    where is_core
),

spell_days as (
    select
        *,
        sum(
            case when days_since_core <= pause_days + 1 and days_since_core = band_days_since_core then 0 else 1 end
        ) over (
            partition by {{ series_key }} order by weather_date rows between unbounded preceding and current row
        ) as spell_number
    from chained
),

ranked_days as (
    select
        *,
        direction * (value - core_value) as excess,
        row_number() over (
            partition by {{ series_key }}, spell_number order by direction * value desc, weather_date asc
        ) as peak_rank
    from spell_days
),

events as (
    select
        threshold_name,
        place,
        series,
        pause_days,
        min(weather_date) as start_date,
        max(weather_date) as end_date,
        count(*) as core_day_count,
        max(case when peak_rank = 1 then value end) as peak_value,
        max(case when peak_rank = 1 then weather_date end) as peak_date,
        round({{ exact_sum('excess') }}, 2) as cumulative_excess
    from ranked_days
    group by {{ series_key }}, spell_number, core_days, peak_days, pause_days
    having count(*) >= core_days and sum(cast(is_peak as integer)) >= peak_days
),

-- An edge of an event is certain when the days beyond it are known as far as the rule looks: to the first one past the exit
-- level, else to one more than a pause.
beyond as (
    {%- for days_away in range(1, max_pause_days + 2) %}
    select -1 as side, {{ days_away }} as days_away
    union all
    select 1 as side, {{ days_away }} as days_away
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

edge_days as (
    select
        events.threshold_name,
        events.place,
        events.series,
        events.start_date,
        events.pause_days,
        beyond.side,
        beyond.days_away,
        cast({{ dbt.dateadd(
            'day', 'beyond.side * beyond.days_away', 'case when beyond.side = 1 then events.end_date else events.start_date end'
        ) }} as date) as weather_date
    from events
    cross join beyond
    where beyond.days_away <= events.pause_days + 1
),

edges as (
    select
        edge_days.threshold_name,
        edge_days.place,
        edge_days.series,
        edge_days.start_date,
        edge_days.side,
        coalesce(
            min(case when known_days.weather_date is null then edge_days.days_away end), edge_days.pause_days + 2
        ) as first_unknown,
        coalesce(min(case when known_days.is_exit then edge_days.days_away end), edge_days.pause_days + 1) as last_needed
    from edge_days
    left join known_days
        on
            edge_days.threshold_name = known_days.threshold_name
            and edge_days.place = known_days.place
            and edge_days.series = known_days.series
            and edge_days.weather_date = known_days.weather_date
    group by
        edge_days.threshold_name, edge_days.place, edge_days.series, edge_days.start_date, edge_days.side,
        edge_days.pause_days
),

newest as (
    select threshold_name, series, max(case when is_final then weather_date end) as weather_date
    from known_days
    group by threshold_name, series
)

select
    rules.event_type || ':' || events.place || ':' || cast(events.start_date as text) as event_id,
    rules.event_type,
    rules.scope,
    case when rules.scope = 'location' then events.place end as location_id,
    events.start_date,
    events.end_date,
    1 + {{ dbt.datediff(
        'events.start_date', 'events.end_date', 'day'
    ) }} as duration_days,
    events.core_day_count,
    rules.element,
    rules.unit,
    events.peak_value,
    events.peak_date,
    events.cumulative_excess,
    case
        when {{ reaches('events.peak_value', 'rules.extreme_operator', 'rules.extreme_value') }} then 'extreme'
        when {{ reaches('events.peak_value', 'rules.severe_operator', 'rules.severe_value') }} then 'severe'
        else 'moderate'
    end as severity,
    events.threshold_name,
    events.series,
    before_it.first_unknown > before_it.last_needed as is_start_certain,
    after_it.first_unknown > after_it.last_needed as is_end_certain,
    -- what is not known yet is only what nobody has reported
    after_it.first_unknown <= after_it.last_needed
    and {{ dbt.datediff('events.end_date', 'newest.weather_date', 'day') }}
    < after_it.first_unknown as is_ongoing
from events
inner join rules on events.threshold_name = rules.threshold_name
inner join edges as before_it
    on
        events.threshold_name = before_it.threshold_name
        and events.place = before_it.place
        and events.series = before_it.series
        and events.start_date = before_it.start_date
        and before_it.side = -1
inner join edges as after_it
    on
        events.threshold_name = after_it.threshold_name
        and events.place = after_it.place
        and events.series = after_it.series
        and events.start_date = after_it.start_date
        and after_it.side = 1
inner join newest on events.threshold_name = newest.threshold_name and events.series = newest.series
