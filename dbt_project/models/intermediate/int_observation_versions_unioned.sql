-- Every published version of every observation, of all sources, in one shape. Another source is one more branch that
-- names the same columns.
{% set columns = observation_measures() + observation_attributes() %}

select
    location_id,
    'synop' as source,
    observed_at,
    observed_date,
    wigos_id,
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    inserted_at,
    load_id,
    file_name,
    row_number,
    landed_at,
    is_published
from {{ ref('stg_synop__observations') }}
