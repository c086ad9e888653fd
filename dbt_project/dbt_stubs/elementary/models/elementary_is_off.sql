-- It only gives the project's `models: elementary:` configuration, the switch among it, something to apply to: nothing is made.
{{ config(materialized='ephemeral') }}
select 1 as disabled
