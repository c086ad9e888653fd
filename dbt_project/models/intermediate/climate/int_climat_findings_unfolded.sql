-- A finding for each check that a month fails; its first day stands for the month.
{{ unfolded_findings(ref('int_climat_months_judged'), climat_checks(), 'month_start_date') }}
