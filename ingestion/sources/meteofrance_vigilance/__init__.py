"""Météo-France's vigilance: the map in force, and maps that were kept (see README.md)."""
