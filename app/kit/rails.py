"""Rails' bracket notation, in which Mastodon clients send nested forms."""

from collections.abc import Iterable
from typing import Any

from app.kit.errors import Malformed

_DEEPEST = 8


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Build nested data from form fields: `a[b]=1` → {"a": {"b": "1"}}, `a[]=1&a[]=2` → {"a": ["1", "2"]}.

    `a[0][x]=1&a[1][x]=2` → {"a": [{"x": "1"}, {"x": "2"}]}, by rising index; `a[][x]=1&a[][x]=2` is the
    same, a new entry starting where a name comes again. A plain field given twice keeps its last
    value. Raises Malformed when a name is used both as a value and as a container.
    """
    root: dict[str, Any] = {}
    for name, value in pairs:
        head, *rest = name.replace("]", "").split("[", _DEEPEST)
        _put(root, [head, *rest], value, name)
    return {key: _with_lists(item) for key, item in root.items()}


def _put(holder: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        if following is None:
            key = key or str(len(holder))
            if isinstance(holder.get(key), dict):
                raise Malformed(f"The form field {name[:100]} is used in two ways")
            holder[key] = value
            return
        if not key:
            key = _entry(holder, following)
        inner = holder.setdefault(key, {})
        if not isinstance(inner, dict):
            raise Malformed(f"The form field {name[:100]} is used in two ways")
        holder = inner


def _entry(holder: dict[str, Any], following: str) -> str:
    """Where `a[][x]` goes: into the last entry, unless that one has an `x` already."""
    last = holder.get(str(len(holder) - 1))
    return str(len(holder) - (isinstance(last, dict) and bool(following) and following not in last))


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    items = {key: _with_lists(item) for key, item in value.items()}
    if items and all(key.isascii() and key.isdigit() and len(key) <= 9 for key in items):
        return [items[key] for key in sorted(items, key=int)]
    return items
