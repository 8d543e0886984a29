"""The figures as one picture: for each endpoint its ratio to the bare limit, as bars."""

from collections.abc import Sequence
from html import escape

_WIDTH, _LEFT, _ROW, _BAR = 760, 190, 30, 18
_INK, _SOFT, _FILL, _LIMIT = "#1d2329", "#56606a", "#a63d28", "#d5dade"


def draw(title: str, note: str, rows: Sequence[tuple[str, float, str]]) -> str:
    """An SVG of (name, share of the limit, what stands beside) rows. It needs no fonts or scripts of anyone's."""
    height = 84 + _ROW * len(rows)
    room = _WIDTH - _LEFT - 190
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{_INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="28" font-size="16" font-weight="600">{escape(title)}</text>',
        f'<text x="16" y="48" fill="{_SOFT}">{escape(note)}</text>',
    ]
    for number, (name, share, beside) in enumerate(rows):
        top = 66 + _ROW * number
        width = max(1.0, room * min(share, 1.0))
        parts += [
            f'<text x="{_LEFT - 10}" y="{top + 14}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{room}" height="{_BAR}" rx="3" fill="{_LIMIT}"/>',
            f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="3" fill="{_FILL}"/>',
            f'<text x="{_LEFT + room + 10}" y="{top + 14}" fill="{_SOFT}">{escape(beside)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
