{{ config(materialized='table') }}

-- Dates whose findings have to be told again: those of the observations, and those that stand for arrived published figures.
select
    location_id,
    source,
    observed_date
from {{ ref('int_days_changed') }}
union all
select
    location_id,
    source,
    month_start_date as observed_date
from {{ ref('int_climat_months_arrived') }}
union all
select distinct
    location_id,
    source,
    weather_date as observed_date
from {{ ref('int_climatology_dates_arrived') }}
