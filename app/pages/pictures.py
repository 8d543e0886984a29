"""The service's mark, drawn: a post, and the way it takes through two people."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

_PAPER, _INK = "#b4462f", "#ffffff"
# Centres of the dots, in parts of the mark's side.
_DOTS = ((0.28, 0.70), (0.50, 0.36), (0.72, 0.62))


@cache
def icon(size: int) -> bytes:
    """A square PNG of `size` pixels."""
    return _png(size, size)


@cache
def thumbnail() -> bytes:
    """A PNG of 1200 by 630 pixels, as previews of links use them."""
    return _png(1200, 630)


def _png(width: int, height: int) -> bytes:
    picture = Image.new("RGB", (width, height), _PAPER)
    draw, side = ImageDraw.Draw(picture), min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    points = [(left + x * side, top + y * side) for x, y in _DOTS]
    draw.line(points, fill=_INK, width=max(1, round(side * 0.05)), joint="curve")
    for x, y in points:
        radius = side * 0.09
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_INK)
    stream = BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()
