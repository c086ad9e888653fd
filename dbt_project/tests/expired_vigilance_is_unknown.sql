-- vigilance_colour_at over a morning's green that an afternoon's map takes the place of: the bounds, and what was not yet said.
with vigilance as (
    select
        'green' as colour,
        cast('2026-08-22 04:00:08' as timestamp) as valid_from_at,
        cast('2026-08-22 14:00:18' as timestamp) as valid_to_at
),

moments as (
    select cast('2026-08-22 04:00:07' as timestamp) as moment, 'unknown' as expected
    union all
    select cast('2026-08-22 04:00:08' as timestamp) as moment, 'green' as expected
    union all
    select cast('2026-08-22 14:00:17' as timestamp) as moment, 'green' as expected
    union all
    select cast('2026-08-22 14:00:18' as timestamp) as moment, 'unknown' as expected
    union all
    select cast('2026-10-22 06:00:00' as timestamp) as moment, 'unknown' as expected
)

select
    moments.moment,
    moments.expected,
    {{ vigilance_colour_at('vigilance', 'moments.moment') }} as found
from vigilance
cross join moments
where {{ vigilance_colour_at('vigilance', 'moments.moment') }} != moments.expected
