"""Draws a laid out tree as SVG: no scripts, nothing loaded from elsewhere, every word of others escaped."""

from collections.abc import Iterable
from html import escape
from math import cos, pi, sin

from app.cascades.labels import Label, place_labels, shortened
from app.cascades.layout import Dot, Layout, lay_out
from app.cascades.schemas import TotalsOut
from app.cascades.tree import REMOVED, Tree
from app.cascades.words import Words, counts, described

_LEVELS = 8
_LIGHT = ("#4338ca", "#3b6fd4", "#2f93c8", "#1fa3a1", "#3aa876", "#6fae52", "#93b148", "#aeb552")
_DARK = ("#8f95fa", "#7aa7f5", "#5fc0ec", "#4fd1c5", "#6ee7a8", "#a3e07a", "#c5e36d", "#dbe892")
_LABELS, _TOLD, _WIDEST = 26, 5, 24
_TOP, _BOTTOM, _SIDE, _NARROWEST = 104, 66, 44, 430


def _inks(colours: tuple[str, ...]) -> str:
    return "".join(f".d{level}{{fill:{ink}}}.k{level}{{stroke:{ink}}}" for level, ink in enumerate(colours, 1))


_STYLE = (
    "text{font-family:'PingFang SC','Noto Sans CJK SC','Microsoft YaHei','Hiragino Sans GB',system-ui,sans-serif}"
    ".paper{fill:#fbfaf6}.ring{fill:none;stroke:#e4e0d6}.level{fill:#b3ad9e;font-size:10px;text-anchor:middle}"
    ".head{fill:#1d2433;font-size:25px;font-weight:700}.line{fill:#5d6678;font-size:14px}.key{fill:#5d6678;font-size:12px}"
    ".link{fill:none;stroke-opacity:.34;stroke-width:.8}.main{fill:none;stroke-opacity:.55;stroke-width:2}"
    ".won{fill:none;stroke:#e11d48;stroke-width:2.4;stroke-linecap:round}.star{fill:#e11d48;stroke:#fff;stroke-width:1}"
    ".root{fill:#1d2433}.applied{fill:none;stroke:#f59e0b}.gone{fill:#fbfaf6;stroke:#a8a296;stroke-width:1}"
    ".rest{fill:#8d96a8;fill-opacity:.16;stroke:#8d96a8;stroke-opacity:.6;stroke-width:.7;stroke-dasharray:2 1.6}"
    ".many{fill:#5d6678;font-size:10px;text-anchor:middle}.hang{fill:none;stroke:#8d96a8;stroke-opacity:.4;stroke-width:.7}"
    ".name{fill:#1d2433;stroke:#fbfaf6;stroke-width:3px;paint-order:stroke;stroke-linejoin:round;font-weight:600}"
    f".count{{fill:#6b7280;font-weight:400}}{_inks(_LIGHT)}"
    "@media (prefers-color-scheme:dark){"
    ".paper{fill:#11141b}.ring{stroke:#232936}.level{fill:#596175}.head{fill:#eef1f7}.line,.key,.many{fill:#a3adbf}"
    ".root{fill:#eef1f7}.gone{fill:#11141b;stroke:#6b7280}.name{fill:#eef1f7;stroke:#11141b}.count{fill:#9aa4b5}"
    f".won{{stroke:#fb7185}}.star{{fill:#fb7185;stroke:#11141b}}.applied{{stroke:#fbbf24}}{_inks(_DARK)}}}"
)


def draw(
    tree: Tree, *, title: str, root_name: str | None, names: dict[int, str], totals: TotalsOut, words: Words
) -> str:
    """The picture. `names`: by place who may be named there, of those worth naming."""
    layout = lay_out(tree)
    outer = layout.rings[-1] + 34
    brought = sorted(((names[place], tree.weight(place)) for place in names), key=lambda one: (-one[1], one[0]))
    heading = words.heading.format(title=shortened(title, _WIDEST))
    side = max(outer + _SIDE, _NARROWEST)
    box = f"{-side:.0f} {-outer - _TOP:.0f} {2 * side:.0f} {2 * outer + _TOP + _BOTTOM:.0f}"
    told = described(words, totals, [(shortened(name), count) for name, count in brought[:_TOLD]])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" xml:lang="{words.language}" lang="{words.language}" '
        'role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(heading)}</title><desc id="desc">{escape(told)}</desc><style>{_STYLE}</style>',
        f'<rect class="paper" x="{-side:.0f}" y="{-outer - _TOP:.0f}" width="100%" height="100%"/>',
        f'<text class="head" x="{_SIDE - side:.0f}" y="{46 - outer - _TOP:.0f}">{escape(heading)}</text>',
        f'<text class="line" x="{_SIDE - side:.0f}" y="{74 - outer - _TOP:.0f}">{escape(counts(words, totals))}</text>',
        *_rings(layout),
        *_links(tree, layout),
        *_dots(tree, layout),
        *_stars(tree, layout),
        *(_label(label) for label in _labels(tree, layout, names, root_name, side)),
        *_legend(words, side, outer),
        "</svg>",
    ]
    return "".join(parts)


def _rings(layout: Layout) -> Iterable[str]:
    for level, distance in enumerate(layout.rings[1:], 1):
        if level <= _LEVELS + 2:
            yield f'<circle class="ring" r="{distance:.1f}"/>'
            yield f'<text class="level" y="{-distance - 3:.1f}">{level}</text>'


def _links(tree: Tree, layout: Layout) -> Iterable[str]:
    """Lines of one look are one path: a thousand of them would be a third of the file."""
    paths: dict[str, list[str]] = {"hang": []}
    total = max(tree.weight(0), 1)
    won: list[str] = []
    for dot in layout.dots.values():
        if dot.place == 0:
            continue
        curve = _curve(layout.dots[dot.parent], dot)
        look = "main" if tree.weight(dot.place) * 25 > total else "link"
        paths.setdefault(f"{look} k{_tone(dot)}", []).append(curve)
        if tree.hires[dot.place]:
            won.append(curve)
    paths["hang"] += [_curve(layout.dots[bundle.parent], bundle) for bundle in layout.bundles.values()]
    for look, curves in sorted(paths.items(), reverse=True):
        yield f'<path class="{look}" d="{"".join(curves)}"/>' if curves else ""
    yield f'<path class="won" d="{"".join(won)}"/>' if won else ""


def _dots(tree: Tree, layout: Layout) -> Iterable[str]:
    for bundle in layout.bundles.values():
        place = f'cx="{bundle.x:.1f}" cy="{bundle.y:.1f}"'
        yield f'<circle class="rest" {place} r="{bundle.radius:.1f}"><title>+{bundle.count}</title></circle>'
        if bundle.radius >= 10:
            yield f'<text class="many" x="{bundle.x:.1f}" y="{bundle.y + 3.5:.1f}">+{bundle.count}</text>'
    # The larger lie on top.
    for dot in sorted(layout.dots.values(), key=lambda dot: (dot.radius, -dot.place)):
        place = f'cx="{dot.x:.1f}" cy="{dot.y:.1f}"'
        look = ("gone" if tree.flags[dot.place] & REMOVED else f"d{_tone(dot)}") if dot.place else "root"
        yield f'<circle class="{look}" {place} r="{dot.radius:.1f}"/>'
        if applied := len(tree.through.get(dot.place, ())):
            width = min(1.2 + 0.5 * applied, 4.0)
            yield f'<circle class="applied" {place} r="{dot.radius + 1.6 + width / 2:.1f}" stroke-width="{width:.1f}"/>'


def _stars(tree: Tree, layout: Layout) -> Iterable[str]:
    """One where somebody was hired who came straight through a post."""
    for place, numbers in sorted(tree.through.items()):
        if place in layout.dots and any(tree.leaves.hired[number] for number in numbers):
            dot = layout.dots[place]
            yield _star(dot.x, dot.y, max(6.5, dot.radius * 0.8))


def _labels(tree: Tree, layout: Layout, names: dict[int, str], root_name: str | None, outer: float) -> list[Label]:
    heaviest = sorted(layout.dots.values(), key=lambda dot: (-tree.weight(dot.place), dot.place))
    texts = {place: (shortened(name), f"{tree.weight(place):,}") for place, name in names.items() if tree.weight(place)}
    if root_name:
        texts[0] = (shortened(root_name), "")
    return place_labels(heaviest, texts, outer=outer, most=_LABELS)


def _label(label: Label) -> str:
    count = f'<tspan class="count" dx="4">{label.count}</tspan>' if label.count else ""
    place = f'x="{label.x:.1f}" y="{label.y:.1f}" font-size="{label.size:.1f}"'
    return f'<text class="name" {place}>{escape(label.name)}{count}</text>'


def _legend(words: Words, side: float, outer: float) -> Iterable[str]:
    x, y = _SIDE - side, outer + _BOTTOM - 26
    for level in range(1, _LEVELS + 1):
        yield f'<circle class="d{level}" cx="{x + 5:.0f}" cy="{y - 4:.0f}" r="4.5"/>'
        x += 13
    signs = (
        (words.depth, ""),
        (words.applied, f'<circle class="applied" stroke-width="2" cx="{{x:.0f}}" cy="{y - 4:.0f}" r="5"/>'),
        (words.hired, None),
        (words.removed, f'<circle class="gone" cx="{{x:.0f}}" cy="{y - 4:.0f}" r="4.5"/>'),
        (words.bundle, f'<circle class="rest" cx="{{x:.0f}}" cy="{y - 4:.0f}" r="6"/>'),
    )
    for text, sign in signs:
        if sign != "":
            x += 8
            yield _star(x, y - 4, 7) if sign is None else sign.format(x=x)
            x += 12
        yield f'<text class="key" x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>'
        x += 18 + sum(12.0 if ord(character) > 0x2E7F else 6.6 for character in text)


def _tone(dot: Dot) -> int:
    return min(dot.level, _LEVELS)


def _curve(parent: Dot, child: Dot) -> str:
    """From one to the other, leaving and arriving straight outwards."""
    middle = (parent.distance + child.distance) / 2
    points = [
        (parent.distance, parent.angle if parent.place else child.angle),
        (middle, parent.angle if parent.place else child.angle),
        (middle, child.angle),
        (child.distance, child.angle),
    ]
    (ax, ay), *rest = [(round(far * cos(angle), 1), round(far * sin(angle), 1)) for far, angle in points]
    return f"M{ax:g} {ay:g}C" + " ".join(f"{x:g} {y:g}" for x, y in rest)


def _star(x: float, y: float, size: float) -> str:
    corners = []
    for corner in range(10):
        far, angle = (size if corner % 2 == 0 else size * 0.45), -pi / 2 + corner * pi / 5
        corners.append(f"{x + far * cos(angle):.1f},{y + far * sin(angle):.1f}")
    return f'<polygon class="star" points="{" ".join(corners)}"/>'
