{#
    Predicate on fct_observation_revisions: the version is the one that the warehouse said at a moment (an expression of type
    timestamp, UTC). At most one version of an observation is, none before its first arrival.
#}
{% macro was_said_at(moment) -%}
    (known_from_at <= {{ moment }} and (known_to_at is null or {{ moment }} < known_to_at))
{%- endmacro %}


{#
    The observations as known at a moment: the rows of fct_observation_revisions that were said then, with the measures of
    observation_measures, before quality control. A subquery, to be given an alias. `moment` is text such as
    '2020-11-15 00:00:00', UTC.
#}
{% macro observations_as_of(moment) -%}
    (
        select
            location_id,
            observed_at,
            observed_date,
            source,
            version,
            known_from_at,
            {{ observation_measures() | join(',\n            ') }}
        from {{ ref('fct_observation_revisions') }}
        where {{ was_said_at("cast('" ~ moment ~ "' as timestamp)") }}
    )
{%- endmacro %}
