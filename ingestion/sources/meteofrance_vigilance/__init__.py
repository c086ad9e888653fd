"""Météo-France's vigilance: the map in force, and maps that were kept (see README.md)."""

from ingestion.sources import lazy_dlt_source

__getattr__ = lazy_dlt_source(__name__)
