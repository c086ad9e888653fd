"""OpenWeather: current weather, forecasts and air quality of configured cities, and recorded responses (see README.md)."""
