"""OpenWeather: current weather, forecasts and air quality of configured cities, and recorded responses (see README.md)."""

from ingestion.sources import lazy_dlt_source

__getattr__ = lazy_dlt_source(__name__)
