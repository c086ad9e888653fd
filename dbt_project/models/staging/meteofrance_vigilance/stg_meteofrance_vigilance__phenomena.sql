-- One row per loaded stretch of time of a phenomenon in a domain. Where the map has no stretches (floods) the colour of the
-- phenomenon stands for the whole period. Loads still under way are left out.
with loads as (
    {{ completed_loads('raw_meteofrance_vigilance') }}
),

phenomena as (
    select * from {{ source('raw_meteofrance_vigilance', 'phenomena') }}
)

select
    phenomena.product,
    phenomena.product_domain_id,
    phenomena.update_time as updated_at,
    cast(phenomena.update_time as date) as updated_date,
    phenomena.echeance as period,
    phenomena.begin_validity_time as period_begins_at,
    phenomena.end_validity_time as period_ends_at,
    phenomena.domain_id,
    phenomena.phenomenon_id,
    coalesce(phenomena.begin_time, phenomena.begin_validity_time) as begins_at,
    coalesce(phenomena.end_time, phenomena.end_validity_time) as ends_at,
    phenomena.begin_time is null as is_whole_period,
    case
        when phenomena.begin_time is null then phenomena.phenomenon_max_color_id else phenomena.color_id
    end as colour_number,
    phenomena.phenomenon_max_color_id as phenomenon_max_colour_number,
    phenomena.domain_max_color_id as domain_max_colour_number,
    phenomena.source_file as file_name,
    phenomena.source_row as row_number,
    phenomena.landed_at,
    phenomena._dlt_load_id as load_id,
    loads.is_published
from phenomena
inner join loads on phenomena._dlt_load_id = loads.load_id
