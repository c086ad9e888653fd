-- Each month with what it fails: the columns fails_1 and so on stand for the checks of macro climat_checks, in their order.
{{ judged_figures(ref('int_climat_months_latest'), climat_checks()) }}
