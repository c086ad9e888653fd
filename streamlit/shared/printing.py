"""What a page looks like on paper: what it says, without what it is chosen with."""

from __future__ import annotations

import streamlit as st

STYLE = """<style>
@media print {
  @page {size: A4; margin: 14mm;}
  [data-testid="stPageLink"], [data-testid="stButtonGroup"], [data-testid="stSelectbox"], [data-testid="stNumberInput"],
  [data-testid="stDateInput"], [data-testid="stDownloadButton"], [data-testid="stExpander"], [data-testid="stToolbar"],
  [data-testid="stElementToolbar"], [data-testid="stStatusWidget"], [data-testid="stPopover"], [data-testid="stMultiSelect"],
  [class*="st-key-screen_only"], .st-key-preferences {display: none !important;}
  /* Streamlit scrolls inside a box of the window's height, of which paper would get the first page only. */
  html, body, #root, .stApp, [data-testid="stAppViewContainer"], [data-testid="stMain"] {
    position: static !important; height: auto !important; overflow: visible !important; display: block !important;}
  .stMainBlockContainer {max-width: none !important; padding: 0 !important;}
  .stMainBlockContainer canvas, .stMainBlockContainer svg.marks {max-width: 100% !important; height: auto !important;}
  [data-testid="stVegaLiteChart"], [data-testid="stMetric"], .st-key-on_one_sheet {break-inside: avoid;}
  h1 {font-size: 1.6rem !important;}
}
</style>"""


def on_paper() -> None:
    """Make the page fit for the browser's Print."""
    st.html(STYLE)
