"""Climatology: the daily BASE files of Météo-France, post by post since the beginnings (see README.md)."""
