-- One row per published version of a post's day of the other parameters.
{{ climatology_days('daily_autres_parametres', climatology_other_values()) }}
