"""CLIMAT: the monthly figures of stations that Météo-France exchanges within WMO (see README.md)."""
