"""Streamlit writes some words itself, in English: those of toolbars, and what a list says that finds nothing."""

from __future__ import annotations

import json

import streamlit as st

from shared.translations import TEXTS

WORDS = """no_results search fullscreen close_fullscreen columns show_data show_chart as_csv clear_selection clear_all clear_value
open""".split()
"""In texts/: the key of each begins with `word_`."""
ATTRIBUTES = ("aria-label", "title", "placeholder")

SCRIPT = """<script>
window.isobarWords = %(words)s;
if (!window.isobarTranslates) {
  const attributes = %(attributes)s;
  const translate = (node) => {
    const words = window.isobarWords;
    if (node.nodeType === Node.TEXT_NODE) {
      if (words[node.data]) node.data = words[node.data];
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    for (const name of attributes) {
      const word = words[node.getAttribute(name)];
      if (word) node.setAttribute(name, word);
    }
    node.childNodes.forEach(translate);
  };
  window.isobarTranslates = new MutationObserver((changes) => changes.forEach((change) => {
    if (change.type === "childList") change.addedNodes.forEach(translate);
    else translate(change.target);
  }));
  window.isobarTranslates.observe(
    document.body, {childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: attributes});
  translate(document.body);
}
</script>"""


def translations(language: str) -> dict[str, str]:
    """Each of Streamlit's words, in any language but this one: the same in this one."""
    keys = [f"word_{word}" for word in WORDS]
    return {
        sentences[key]: TEXTS[language][key]
        for other, sentences in TEXTS.items()
        if other != language
        for key in keys
        if sentences[key] != TEXTS[language][key]
    }


def translate(language: str) -> None:
    """Put Streamlit's own words into the reader's language, now and as they appear."""
    words = json.dumps(translations(language), ensure_ascii=False)
    st.html(SCRIPT % {"words": words, "attributes": json.dumps(ATTRIBUTES)}, unsafe_allow_javascript=True)
