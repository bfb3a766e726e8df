"""Write pieces of HTML, in which nothing of a user's data is ever taken for markup."""

import html
import re
from collections.abc import Iterable, Sequence

# A run of Bangla, the spaces and marks between its words included.
_BANGLA = re.compile(
    r"[\u0980-\u09ff\u0964\u0965\u200c\u200d]+(?:[\s,;:'\"‘’“”()–—-]+[\u0980-\u09ff\u0964\u0965\u200c\u200d]+)*"
)


class Markup(str):
    """HTML that is safe as it is."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Escape anything but markup; Bangla is marked as such, for fonts and screen readers."""
    if isinstance(value, Markup):
        return value
    end, plain = 0, str(value)
    parts: list[str] = []
    for match in _BANGLA.finditer(plain):
        before, run = html.escape(plain[end : match.start()]), html.escape(match.group())
        parts.append(f'{before}<span lang="bn">{run}</span>')
        end = match.end()
    # Null bytes and other control characters have no place in HTML.
    return Markup(re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "\ufffd", "".join(parts) + html.escape(plain[end:])))


def join(parts: Iterable[object], between: str = "") -> Markup:
    """Put pieces together."""
    return Markup(between.join(map(text, parts)))


def tag(name: str, *content: object, **attributes: object) -> Markup:
    """Return an element; a trailing ``_`` of an attribute's name is dropped, and ``_`` is ``-``."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value not in (None, "")
    )
    return Markup(f"<{name}{told}>{join(content)}</{name}>")


def items(parts: Sequence[object], **attributes: object) -> Markup:
    """Return a list with bullets."""
    return tag("ul", *(tag("li", part) for part in parts), **attributes)


def fold(summary: object, *content: object, opened: bool = False) -> Markup:
    """Return what can be folded open."""
    state = " open" if opened else ""
    return Markup(f"<details{state}>{tag('summary', summary)}<div>{join(content)}</div></details>")


def section(name: str, title: str, *content: object) -> Markup:
    """Return a section that can be linked to."""
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def table(
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    caption: object,
    class_: str = "",
    marked: frozenset[int] = frozenset(),
) -> Markup:
    """Return a table whose first column names its rows, in a box that scrolls by itself if need be.

    Parameters
    ----------
    head : sequence of column names
    rows : iterable of sequences of cells
    caption : what the table shows
    class_ : str
        ``stack`` sets each row below its name on a narrow screen.
    marked : set of int
        Rows to set apart.
    """
    names = [tag("th", name, scope="col") for name in head]
    body = []
    for i, (first, *cells) in enumerate(rows):
        own = [tag("th", first, scope="row"), *(tag("td", cell) for cell in cells)]
        body.append(tag("tr", *own, class_="marked" if i in marked else ""))
    whole = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *names)),
        tag("tbody", *body),
        class_=class_,
    )
    if "stack" in class_:  # it never needs to scroll
        return tag("div", whole, class_="box")
    return tag("div", whole, class_="box", tabindex="0", role="group", aria_label=_plain(caption))


def _plain(value: object) -> str:
    """Return the words of markup."""
    return html.unescape(re.sub(r"<[^>]*>", "", text(value)))


def number(value: float | None, digits: int = 2) -> str:
    """Write a figure, with a proper minus sign."""
    return "–" if value is None or value != value else f"{value:.{digits}f}".replace("-", "−")


def signed(value: float, digits: int = 2) -> str:
    """Write a figure with its sign."""
    return f"{value:+.{digits}f}".replace("-", "−")


def with_interval(value: float | None, low: float | None, high: float | None, digits: int = 2) -> Markup:
    """Write a figure and its interval."""
    if low is None or high is None:
        return tag("span", number(value, digits), class_="figure")
    ends = tag("small", f" {number(low, digits)}–{number(high, digits)}")
    return tag("span", number(value, digits), ends, class_="figure")
