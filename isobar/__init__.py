"""Isobar: the command that starts dlt, dbt and Streamlit the way their own users would."""

from importlib.metadata import version

__version__ = version("isobar")
