-- At 25 degC and 1 atm 1 ppb is 1.96 ug/m3 of ozone, 1.88 of nitrogen dioxide, 2.62 of sulphur dioxide, and 1 ppm of carbon
-- monoxide 1.145 mg/m3 (factors of the US standards, to that many digits). Concentrations are cut off, not rounded, and a
-- decimal that a binary fraction only comes near to stays.
with cases as (
    select 'o3' as pollutant, 'ppb' as unit, 1.96 as value, null as decimals, 1.0 as expected
    union all
    select 'no2', 'ppb', 1.88, null, 1.0
    union all
    select 'so2', 'ppb', 2.62, null, 1.0
    union all
    select 'co', 'ppm', 1145.0, null, 1.0
    union all
    select 'o3', 'ppm', 140.0, 3, 0.071
    union all
    select 'pm2_5', 'ugm3', 35.49, 1, 35.4
    union all
    select 'pm2_5', 'ugm3', 1.1 + 2.2, 1, 3.3
    union all
    select 'pm10', 'ugm3', 154.99, 0, 154.0
),

converted as (
    select
        *,
        {{ truncated(concentration_in_unit('value', 'pollutant', 'unit'), 'decimals') }} as found
    from cases
)

select * from converted
where found is null or abs(found - expected) > case when decimals is null then 0.002 else 0.0000001 end
