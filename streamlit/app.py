"""Isobar's app: `streamlit run streamlit/app.py` from the repository's root."""

from components.page import navigation

navigation().run()
