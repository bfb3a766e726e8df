"""The head that every page of ours has: its style, and that it loads nothing from anywhere."""

import html
from pathlib import Path

from khobor_training import mark
from khobor_training.elements import Markup, tag

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser may load for the page: nothing."""


def head(title: str) -> Markup:
    """Return the head of a page with this title."""
    style = Path(__file__).with_name("report.css").read_text("utf-8") + mark.STYLE
    return tag(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<link rel="icon" href="data:,">'),
        tag("title", Markup(html.escape(title))),
        Markup(f"<style>{style}</style>"),
    )
