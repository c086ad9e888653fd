-- What quality control lets pass: rejected values are null, suspect ones stay.
{{ without_findings(
    ref('int_observations_latest'), ref('int_findings_unioned'), ['rejected'],
    observation_measures(), observation_attributes() + ['wigos_id', 'landed_at', 'build_id'], computable_measures()
) }}
