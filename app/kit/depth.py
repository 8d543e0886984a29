"""How deeply JSON is nested: what others recurse into must not exhaust their stacks."""

from typing import Any

DEEPEST = 64


def depth(value: Any) -> int:
    """Levels of nesting: 1 for a number or text, 2 for a flat list. Takes no stack of its own."""
    levels, level = 0, [value]
    while level:
        levels += 1
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ())
        ]
    return levels
