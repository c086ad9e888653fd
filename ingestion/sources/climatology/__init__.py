"""Climatology: the daily BASE files of Météo-France, post by post since the beginnings (see README.md)."""

from ingestion.sources import lazy_dlt_source

__getattr__ = lazy_dlt_source(__name__)
