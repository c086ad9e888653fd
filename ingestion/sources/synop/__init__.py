"""SYNOP: the essential observations Météo-France exchanges within WMO, every three hours since 1996 (see README.md)."""

from ingestion.sources import lazy_dlt_source

__getattr__ = lazy_dlt_source(__name__)
