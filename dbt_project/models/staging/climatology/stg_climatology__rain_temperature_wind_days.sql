-- One row per published version of a post's day of rain, temperature and wind.
{{ climatology_days('daily_rr_t_vent', climatology_rain_temperature_wind_values()) }}
