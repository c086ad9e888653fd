"""Isobar's app: `streamlit run streamlit/app.py` from the repository's root."""

from shared.frame import navigation

navigation().run()
