-- Disabled: it only gives the project's `models: elementary:` configuration something to apply to.
{{ config(enabled=false) }}
select 1 as disabled
