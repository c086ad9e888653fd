-- Each day with what it fails: the columns fails_1 and so on stand for the checks of macro climatology_checks, in their order.
{{ judged_figures(ref('int_climatology_days_joined'), climatology_checks()) }}
