"""Draw small charts as inline SVG, which needs nothing from anywhere and prints sharply.

No chart says anything by colour alone, and each has a table or a sentence that says the
same: shapes, lines and hatching differ, and what is drawn within a table is hidden from
screen readers, since its figures stand beside it.
"""

from collections.abc import Sequence

from khobor_training.elements import Markup, join, number, tag

_EDGE = 0.03  # of the width, so that a dot at the end of an axis is whole
SIZE, LEFT, BELOW, ABOVE = 300, 38, 40, 10
"""Of a square chart, in its own units: its width, and the room for words beside it."""

Axis = tuple[float, float]
"""Where an axis begins and ends."""


def axis_of(values: Sequence[float | None], step: float = 0.1) -> Axis:
    """Return an axis of whole steps that holds the values."""
    told = [value for value in values if value is not None]
    low = int(min(told) / step + 1e-9) * step
    high = -int(-max(told) / step + 1e-9) * step
    return low, max(high if high >= max(told) - 1e-9 else high + step, low + step)


def ticks(axis: Axis, n: int = 4) -> list[float]:
    """Return about `n` round numbers on an axis."""
    width = axis[1] - axis[0]
    step = next((s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if width / s <= n + 1e-9), width)
    first = -int(-axis[0] / step + 1e-9)
    return [i * step for i in range(first, first + n + 2) if axis[0] - 1e-9 <= i * step <= axis[1] + 1e-9]


def _x(value: float, axis: Axis) -> str:
    share = (min(max(value, axis[0]), axis[1]) - axis[0]) / (axis[1] - axis[0])
    return f"{100 * (_EDGE + share * (1 - 2 * _EDGE)):.2f}%"


def _line(x1: str, y1: object, x2: str, y2: object, class_: str) -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def _row(*content: object, height: int) -> Markup:
    return tag("svg", *content, width="100%", height=height, aria_hidden="true", focusable="false")


def scale(axis: Axis) -> Markup:
    """Return the numbers above a column of whiskers."""
    marks = [tag("text", f"{tick:g}", x=_x(tick, axis), y=12, class_="mid") for tick in ticks(axis)]
    return _row(*marks, height=16)


def whisker(
    value: float | None,
    low: float | None,
    high: float | None,
    axis: Axis,
    *,
    band: tuple[float, float] | None = None,
    own: bool = False,
) -> Markup:
    """Return a dot with its interval: a full diamond for the model's own, a ring for anything else.

    What lies below the axis is an arrow.

    Parameters
    ----------
    value, low, high : float or None
    axis : (float, float)
    band : (float, float) or None
        An interval to compare with, drawn behind.
    own : bool
    """
    parts = [_line(_x(tick, axis), 0, _x(tick, axis), 26, "grid") for tick in ticks(axis)]
    if band:
        start, end = _x(band[0], axis), _x(band[1], axis)
        width = f"{float(end[:-1]) - float(start[:-1]):.2f}%"
        parts.append(tag("rect", x=start, y=0, width=width, height=26, class_="band"))
    if low is not None and high is not None and high > axis[0]:
        parts.append(_line(_x(low, axis), 13, _x(high, axis), 13, "whisker"))
        parts += [_line(_x(end, axis), 9, _x(end, axis), 17, "whisker") for end in (low, high)]
    if value is not None and value < axis[0]:
        arrow = tag("path", d="M8,-5 L2,0 L8,5 M2,0 L16,0", class_="beyond")
        parts.append(tag("svg", arrow, x=0, y=13, overflow="visible"))
    elif value is not None and own:
        shape = tag("path", d="M-7,0 L0,-7 L7,0 L0,7 Z", class_="own")
        parts.append(tag("svg", shape, x=_x(value, axis), y=13, overflow="visible"))
    elif value is not None:
        parts.append(tag("circle", cx=_x(value, axis), cy=13, r=5, class_="ring"))
    return _row(*parts, height=26)


def bar(value: float, largest: float) -> Markup:
    """Return a bar from the middle: full to the right, hatched to the left."""
    share = min(abs(value) / largest, 1.0) if largest else 0.0
    width = f"{50 * share:.2f}%"
    x, name = ("50%", "for") if value >= 0 else (f"{50 - 50 * share:.2f}%", "against")
    own = tag("rect", x=x, y=3, width=width, height=10, class_=f"bar-{name}")
    return _row(own, _line("50%", 0, "50%", 16, "axis"), height=16)


def shares(parts: Sequence[tuple[float, str]]) -> Markup:
    """Return one bar of parts beside each other; `parts` are widths and class names."""
    total, x, drawn = sum(n for n, _ in parts) or 1.0, 0.0, []
    for n, name in parts:
        width = 100 * n / total
        box = {"x": f"{x:.2f}%", "width": f"{width:.2f}%", "y": 2, "height": 14}
        drawn.append(tag("rect", **box, class_=name))
        x += width
    return _row(*drawn, height=18)


def legend(*parts: tuple[str, object]) -> Markup:
    """Return what fills mean: pairs of a class name and words."""
    told = []
    for name, words in parts:
        box = tag("rect", x=1, y=1, width=20, height=10, class_=name)
        swatch = tag("svg", box, width=22, height=12, aria_hidden="true", class_="swatch")
        told.append(tag("span", swatch, words))
    return tag("p", *told, class_="legend")


def square(title: str, description: str, x_name: str, y_name: str, *content: object) -> Markup:
    """Return a chart whose two axes go from 0 to 1; `content` is placed with `at`."""
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = at(tick, tick)
        (x0, y0), (x1, y1) = at(0, 0), at(1, 1)
        parts += [_line(x, y0, x, y1, "grid"), _line(x0, y, x1, y, "grid")]
        parts.append(tag("text", f"{tick:g}", x=x, y=float(y0) + 15, class_="mid"))
        parts.append(tag("text", f"{tick:g}", x=float(x0) - 5, y=float(y) + 4, class_="end"))
    parts.append(tag("text", x_name, x=at(0.5, 0)[0], y=SIZE - 4, class_="mid name"))
    turned = tag("text", y_name, transform=f"translate(10,{at(0, 0.5)[1]}) rotate(-90)", class_="mid name")
    return _chart(title, description, SIZE, SIZE, *parts, turned, *content)


def at(x: float, y: float) -> tuple[str, str]:
    """Return where a point of a `square` is drawn."""
    width, height = SIZE - LEFT - 12, SIZE - BELOW - ABOVE
    return f"{LEFT + x * width:.1f}", f"{ABOVE + (1 - y) * height:.1f}"


def path(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """Return a line through points of a `square`."""
    told = list(dict.fromkeys(" ".join(at(x, y)) for x, y in points))
    return tag("path", d="M" + " L".join(told), class_=class_)


def steps(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """Return a line of steps: from each point across, then up or down."""
    corners: list[tuple[float, float]] = []
    for x, y in points:
        corners += [(x, corners[-1][1])] if corners else []
        corners.append((x, y))
    return path(corners, class_)


def dot(x: float, y: float, class_: str, low: float | None = None, high: float | None = None) -> Markup:
    """Return a point of a `square`, with its interval upright."""
    parts = []
    cx, cy = at(x, y)
    if low is not None and high is not None:
        (_, bottom), (_, top) = at(x, low), at(x, high)
        parts.append(_line(cx, bottom, cx, top, "whisker"))
    if class_ == "own":
        parts.append(
            tag("path", d="M-6,0 L0,-6 L6,0 L0,6 Z", transform=f"translate({cx},{cy})", class_="own")
        )
    else:
        parts.append(tag("circle", cx=cx, cy=cy, r=4, class_=class_))
    return join(parts)


def growth(title: str, description: str, points: Sequence[tuple[int, float, float, float]]) -> Markup:
    """Return a learning curve: `points` are (number of articles, value, low, high)."""
    width, height, left, below = 340, 220, 40, 40
    axis = axis_of([end for point in points for end in point[1:]])
    most = max(n for n, *_ in points)

    def place(n: float, value: float) -> tuple[str, str]:
        share = (value - axis[0]) / (axis[1] - axis[0])
        x = left + 14 + n / most * (width - left - 36)
        return f"{x:.1f}", f"{10 + (1 - share) * (height - 10 - below):.1f}"

    parts = []
    for tick in ticks(axis):
        y = place(0, tick)[1]
        parts.append(_line(str(left), y, str(width - 6), y, "grid"))
        parts.append(tag("text", f"{tick:g}", x=left - 5, y=float(y) + 4, class_="end"))
    parts.append(tag("path", d="M" + " L".join(" ".join(place(n, v)) for n, v, *_ in points), class_="curve"))
    last = -100.0
    for n, value, low, high in points:
        (x, y), bottom, top = place(n, value), place(n, low)[1], place(n, high)[1]
        parts.append(_line(x, bottom, x, top, "whisker"))
        parts.append(tag("circle", cx=x, cy=y, r=5, class_="ring"))
        if float(x) - last > 30:
            parts.append(tag("text", f"{n:,}", x=x, y=height - below + 16, class_="mid"))
            last = float(x)
    parts.append(tag("text", "articles to learn from", x=(left + width) / 2, y=height - 6, class_="mid name"))
    parts.append(
        tag("text", "macro-F1", transform=f"translate(10,{height / 2 - 15}) rotate(-90)", class_="mid name")
    )
    return _chart(title, description, width, height, *parts)


def _chart(title: str, description: str, width: int, height: int, *content: object) -> Markup:
    told = [tag("title", title), tag("desc", description), *content]
    label = f"{title}. {description}"
    return tag("svg", *told, viewBox=f"0 0 {width} {height}", role="img", aria_label=label, class_="chart")


HATCHING = tag(
    "svg",
    tag(
        "defs",
        *(
            tag(
                "pattern",
                tag("rect", width=6, height=6, class_=f"ground-{name}"),
                tag("line", x1=0, y1=0, x2=0, y2=6, class_=f"hatch-{name}"),
                id=f"hatch-{name}",
                width=6,
                height=6,
                patternUnits="userSpaceOnUse",
                patternTransform=f"rotate({turn})",
            )
            for name, turn in (("against", 45), ("missed", -45))
        ),
    ),
    width=0,
    height=0,
    aria_hidden="true",
    class_="hidden",
)
"""Patterns that fills refer to; a page holds them once."""


def sentence(points: Sequence[tuple[int, float, float, float]]) -> str:
    """Say a learning curve in words."""
    (first, *_), (last, *_) = (points[0], points[-1])
    begin, end = number(points[0][1], 3), number(points[-1][1], 3)
    return f"From {first:,} to {last:,} articles, macro-F1 went from {begin} to {end}."
