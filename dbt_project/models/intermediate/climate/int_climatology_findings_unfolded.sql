-- A finding for each check that a figure of a climatological day fails; midnight of the date stands for the day.
{{ unfolded_findings(ref('int_climatology_days_judged'), climatology_checks(), 'weather_date', ['build_id']) }}
