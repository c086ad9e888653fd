"""CLIMAT: the monthly figures of stations that Météo-France exchanges within WMO (see README.md)."""

from ingestion.sources import lazy_dlt_source

__getattr__ = lazy_dlt_source(__name__)
