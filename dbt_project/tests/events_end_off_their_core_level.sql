-- What ends an event, day after day, is that it is off the core level: the row says so in its own words, and has to agree.
select ends.threshold_name
from {{ ref('event_thresholds') }} as ends
left join {{ ref('event_thresholds') }} as core on ends.threshold_name = core.threshold_name and core.role = 'core'
where
    ends.role = 'end'
    and (
        core.value is null
        or ends.value != core.value
        or ends.operator != case core.operator when '>=' then '<' when '>' then '<=' when '<=' then '>' when '<' then '>=' end
    )
