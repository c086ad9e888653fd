-- What daily and longer figures may use: neither rejected nor suspect values.
{{ without_findings(
    ref('int_observations_latest'), ref('int_findings_unioned'), ['rejected', 'suspect'],
    observation_measures(), observation_attributes() + ['wigos_id', 'landed_at', 'build_id']
) }}
