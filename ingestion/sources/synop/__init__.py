"""SYNOP: the essential observations Météo-France exchanges within WMO, every three hours since 1996 (see README.md)."""
