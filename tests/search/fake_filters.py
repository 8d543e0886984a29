"""Meilisearch's filter language, as far as our adapter speaks it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[()\[\],])|(?P<operator><=|>=|!=|=|<|>)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[\w.-]+))""",
    re.ASCII | re.DOTALL,
)
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


class BadFilter(Exception):
    """The filter cannot be read, or names what may not be filtered by."""


def matches(filter: Any, document: Mapping[str, Any], features: Mapping[str, Mapping[str, bool]]) -> bool:
    """Whether `document` passes. In lists the outer level is AND, the inner one OR; `features` by attribute."""
    if filter is None:
        return True
    if isinstance(filter, str):
        return _Parser(filter, document, features).whole()
    # No short cut: what is wrong with any part must come to light.
    results = []
    for part in filter:
        inner = [matches(expression, document, features) for expression in ([part] if isinstance(part, str) else part)]
        results.append(any(inner))
    return all(results)


class _Parser:
    """Reads and judges in one go; both sides of every AND and OR are always read."""

    def __init__(self, text: str, document: Mapping[str, Any], features: Mapping[str, Mapping[str, bool]]) -> None:
        self._document, self._features = document, features
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise BadFilter(text)
            kind = str(match.lastgroup)
            self._tokens.append((kind, match[kind].replace('\\"', '"') if kind == "quoted" else match[kind]))
            position = match.end()

    def whole(self) -> bool:
        result = self._either()
        if self._tokens:
            raise BadFilter("something follows the filter")
        return result

    def _either(self) -> bool:
        result = self._both()
        while self._tokens[:1] == [("word", "OR")]:
            self._tokens.pop(0)
            result = self._both() or result
        return result

    def _both(self) -> bool:
        result = self._condition()
        while self._tokens[:1] == [("word", "AND")]:
            self._tokens.pop(0)
            result = self._condition() and result
        return result

    def _condition(self) -> bool:
        if self._tokens[:1] == [("mark", "(")]:
            self._tokens.pop(0)
            result = self._either()
            self._expect(("mark", ")"))
            return result
        field = self._take("word")
        if field not in self._features:
            raise BadFilter(f"{field} is not filterable")
        value = self._document.get(field)
        values = value if isinstance(value, list) else [value]
        negated = self._skip("NOT")
        if self._skip("IN"):
            wanted = self._list()
            return any(_folded(item) in wanted for item in values) != negated
        operator = self._take("operator")
        wanted_value = self._value()
        if operator == "=":
            return any(_folded(item) == wanted_value for item in values)
        if operator not in _COMPARISONS or not self._features[field]["comparison"]:
            raise BadFilter(f"{operator} on {field}")
        numbers = [item for item in values if isinstance(item, int | float)]
        return any(_COMPARISONS[operator](item, float(wanted_value)) for item in numbers)

    def _list(self) -> set[str]:
        self._expect(("mark", "["))
        values = set()
        while self._tokens[:1] != [("mark", "]")]:
            values.add(self._value())
            if self._tokens[:1] == [("mark", ",")]:
                self._tokens.pop(0)
        self._expect(("mark", "]"))
        return values

    def _skip(self, word: str) -> bool:
        """Take the word if it comes next."""
        comes = self._tokens[:1] == [("word", word)]
        if comes:
            self._tokens.pop(0)
        return comes

    def _value(self) -> str:
        return _folded(self._take("quoted", "word"))

    def _take(self, *kinds: str) -> str:
        if not self._tokens or self._tokens[0][0] not in kinds:
            raise BadFilter(f"expected {kinds}")
        return self._tokens.pop(0)[1]

    def _expect(self, token: tuple[str, str]) -> None:
        if self._tokens[:1] != [token]:
            raise BadFilter(f"expected {token}")
        self._tokens.pop(0)


def _folded(value: Any) -> str:
    """Facets compare as text in lower case; nothing equals null."""
    return "\x00" if value is None else str(value).lower()
