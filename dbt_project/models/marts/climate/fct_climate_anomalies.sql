-- A month is held against one reference: the one with more established elements; of two alike, the standard normal.
with reference_normals as (
    select * from {{ ref('dim_climate_normals') }}
    qualify row_number() over (
        partition by location_id, source, month_number
        order by
            case when is_temperature_established then 1 else 0 end
            + case when is_precipitation_established then 1 else 0 end desc,
            is_standard_normal desc
    ) = 1
),

months as (
    select
        *,
        extract(year from month_start_date) as year_number,
        extract(month from month_start_date) as month_number
    from {{ ref('fct_monthly_climate') }}
),

compared as (
    select
        months.location_id,
        months.month_start_date,
        months.source,
        months.is_temperature_complete,
        months.is_precipitation_complete,
        months.temperature_mean_c,
        months.precipitation_total_mm,
        normals.reference_period,
        normals.is_standard_normal,
        normals.temperature_mean_normal_c,
        normals.temperature_mean_stddev_c,
        normals.precipitation_normal_mm,
        normals.precipitation_stddev_mm,
        normals.temperature_mean_year_count,
        normals.precipitation_year_count,
        months.year_number between normals.reference_start_year and normals.reference_end_year as is_in_reference_period,
        case
            when months.is_temperature_complete and normals.is_temperature_established
                then round(months.temperature_mean_c - normals.temperature_mean_normal_c, 2)
        end as temperature_mean_anomaly_c,
        case
            when
                months.is_temperature_complete and normals.temperature_min_year_count >= {{ var('climate_min_year_count') }}
                then round(months.temperature_min_mean_c - normals.temperature_min_normal_c, 2)
        end as temperature_min_anomaly_c,
        case
            when
                months.is_temperature_complete and normals.temperature_max_year_count >= {{ var('climate_min_year_count') }}
                then round(months.temperature_max_mean_c - normals.temperature_max_normal_c, 2)
        end as temperature_max_anomaly_c,
        case
            when months.is_precipitation_complete and normals.is_precipitation_established
                then round(months.precipitation_total_mm - normals.precipitation_normal_mm, 1)
        end as precipitation_anomaly_mm
    from months
    left join reference_normals as normals
        on
            months.location_id = normals.location_id
            and months.source = normals.source
            and months.month_number = normals.month_number
)

select
    location_id,
    month_start_date,
    source,
    reference_period,
    is_standard_normal,
    is_in_reference_period,
    is_temperature_complete,
    temperature_mean_c,
    temperature_mean_normal_c,
    temperature_mean_year_count,
    temperature_mean_anomaly_c,
    round(temperature_mean_anomaly_c / nullif(temperature_mean_stddev_c, 0), 2) as temperature_mean_z,
    temperature_min_anomaly_c,
    temperature_max_anomaly_c,
    is_precipitation_complete,
    precipitation_total_mm,
    precipitation_normal_mm,
    precipitation_year_count,
    precipitation_anomaly_mm,
    round(100 * precipitation_anomaly_mm / nullif(precipitation_normal_mm, 0), 1) as precipitation_anomaly_pct,
    round(precipitation_anomaly_mm / nullif(precipitation_stddev_mm, 0), 2) as precipitation_z
from compared
