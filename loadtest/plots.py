"""Small SVG plots without any library: bars with groups, and lines over a logarithmic axis."""

import math

COLOURS = ["#1b6ca8", "#d1495b", "#66a182", "#edae49", "#8d6a9f", "#5c6672", "#a44a3f", "#2e4057",
           "#7f9c3b"]
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, LEGEND = 900, 420, 70, 60, 40, 180


def _escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;")


def _text(x, y, text, anchor="middle", size=12, turn=None):
    turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{turned}>'
            f"{_escape(text)}</text>")


def _nice_step(top):
    step = 10 ** math.floor(math.log10(top / 5 or 1))
    return next(step * times for times in (1, 2, 5, 10) if top / (step * times) <= 6)


def _frame(title, unit, top):
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             'font-family="sans-serif">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             _text(LEFT, 22, title, "start", 15),
             _text(18, (HEIGHT - BOTTOM + TOP) / 2, unit, turn=-90)]
    step, value = _nice_step(top), 0
    while value <= top:
        y = _y(value, top)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - LEGEND}" y1="{y:.1f}" y2="{y:.1f}" '
                     'stroke="#ddd"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{value:g}", "end", 11))
        value += step
    return parts


def _y(value, top):
    return HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP)


def _legend(parts, names):
    for index, name in enumerate(names):
        y = TOP + 18 * index
        parts.append(f'<rect x="{WIDTH - LEGEND + 12}" y="{y}" width="12" height="12" '
                     f'fill="{COLOURS[index % len(COLOURS)]}"/>')
        parts.append(_text(WIDTH - LEGEND + 30, y + 11, name, "start", 11))


def bars(title, unit, groups, series):
    """`series`: name -> one value (or None) for each of `groups`."""
    top = max((value for values in series.values() for value in values if value), default=1) * 1.05
    parts = _frame(title, unit, top)
    space = (WIDTH - LEGEND - LEFT) / len(groups)
    wide = space * 0.8 / len(series)
    for at, group in enumerate(groups):
        left = LEFT + at * space + space * 0.1
        for index, values in enumerate(series.values()):
            if values[at] is None:
                continue
            y = _y(values[at], top)
            parts.append(f'<rect x="{left + index * wide:.1f}" y="{y:.1f}" '
                         f'width="{max(wide - 1, 1):.1f}" height="{HEIGHT - BOTTOM - y:.1f}" '
                         f'fill="{COLOURS[index % len(COLOURS)]}"/>')
        parts.append(_text(left + space * 0.4, HEIGHT - BOTTOM + 18, group, size=11))
    _legend(parts, series)
    return "\n".join(parts + ["</svg>", ""])


def lines(title, unit, axis, series):
    """`series`: name -> [(x, value), ...]; the x axis is logarithmic."""
    points = [point for values in series.values() for point in values]
    top = max(value for _, value in points) * 1.05
    low, high = (math.log10(pick(x for x, _ in points)) for pick in (min, max))
    span = high - low or 1
    parts = _frame(title, unit, top)

    def at(x):
        return LEFT + 20 + (math.log10(x) - low) / span * (WIDTH - LEGEND - LEFT - 40)

    for x in sorted({x for x, _ in points}):
        parts.append(_text(at(x), HEIGHT - BOTTOM + 18, f"{x:,}", size=11))
    parts.append(_text((LEFT + WIDTH - LEGEND) / 2, HEIGHT - 14, axis))
    for index, values in enumerate(series.values()):
        path = " ".join(f"{at(x):.1f},{_y(value, top):.1f}" for x, value in sorted(values))
        colour = COLOURS[index % len(COLOURS)]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, value in values:
            parts.append(f'<circle cx="{at(x):.1f}" cy="{_y(value, top):.1f}" r="3" '
                         f'fill="{colour}"/>')
    _legend(parts, series)
    return "\n".join(parts + ["</svg>", ""])
