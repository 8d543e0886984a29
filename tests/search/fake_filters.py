"""Meilisearch's filter language."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[()\[\],])|(?P<operator><=|>=|!=|=|<|>)
    |"(?P<quoted>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<word>[\w.-]+))""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
# By attribute: may it be compared for equality, and by size?
Features = Mapping[str, Mapping[str, bool]]


class BadFilter(Exception):
    """The filter cannot be read, or names what may not be filtered by."""

    def __init__(self, text: str, *, attribute: bool = False) -> None:
        super().__init__(text)
        self.attribute = attribute


def matches(filter: Any, document: Mapping[str, Any], features: Features) -> bool:
    """Whether `document` passes. In lists the outer level is AND, the inner one OR; `features` by attribute."""
    if filter is None:
        return True
    if isinstance(filter, str):
        return not filter.strip() or _Parser(filter, document, features).whole()
    if not isinstance(filter, list):
        raise BadFilter("neither a string nor a list")
    # No short cut: what is wrong with any part must come to light.
    results = []
    for part in filter:
        inner = [matches(expression, document, features) for expression in ([part] if isinstance(part, str) else part)]
        results.append(any(inner) or not inner)
    return all(results)


@cache
def _tokens(text: str) -> Sequence[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadFilter(text)
        kind = str(match.lastgroup)
        if kind in ("quoted", "single"):
            tokens.append(("quoted", re.sub(r"\\(.)", r"\1", match[kind])))
        else:
            tokens.append((kind, match[kind]))
        position = match.end()
    return tokens


class _Parser:
    """Reads and judges in one go; both sides of every AND and OR are always read."""

    def __init__(self, text: str, document: Mapping[str, Any], features: Features) -> None:
        self._document, self._features = document, features
        self._tokens, self._at = _tokens(text), 0

    def whole(self) -> bool:
        result = self._either()
        if self._next is not None:
            raise BadFilter("something follows the filter")
        return result

    def _either(self) -> bool:
        result = self._both()
        while self._skip("OR"):
            result = self._both() or result
        return result

    def _both(self) -> bool:
        result = self._negated()
        while self._skip("AND"):
            result = self._negated() and result
        return result

    def _negated(self) -> bool:
        return not self._negated() if self._skip("NOT") else self._condition()

    def _condition(self) -> bool:
        if self._next == ("mark", "("):
            self._at += 1
            result = self._either()
            self._expect(("mark", ")"))
            return result
        field = self._take("word", "quoted")
        if field not in self._features:
            raise BadFilter(f"{field} is not filterable", attribute=True)
        value = self._document.get(field)
        values = value if isinstance(value, list) else [value]
        if self._skip("IS"):
            negated = self._skip("NOT")
            if not self._skip("NULL"):
                raise BadFilter("IS what?")
            return (field in self._document and value is None) != negated
        negated = self._skip("NOT")
        if self._skip("EXISTS"):
            return (field in self._document) != negated
        if self._skip("IN"):
            wanted = self._list()
            return any(_folded(item) in wanted for item in values) != negated
        return self._compared(field, values)

    def _compared(self, field: str, values: list[Any]) -> bool:
        numbers = [item for item in values if isinstance(item, int | float) and not isinstance(item, bool)]
        if [*self._tokens[self._at + 1 : self._at + 2]] == [("word", "TO")]:
            self._require_comparison(field)
            low = self._number()
            self._at += 1
            high = self._number()
            return any(low <= item <= high for item in numbers)
        operator = self._take("operator")
        if operator in ("=", "!="):
            wanted = self._value()
            return any(_folded(item) == wanted for item in values) == (operator == "=")
        self._require_comparison(field)
        bound = self._number()
        return any(_COMPARISONS[operator](item, bound) for item in numbers)

    def _require_comparison(self, field: str) -> None:
        if not self._features[field]["comparison"]:
            raise BadFilter(f"{field} cannot be compared", attribute=True)

    def _list(self) -> set[str]:
        self._expect(("mark", "["))
        values: set[str] = set()
        while self._next != ("mark", "]"):
            values.add(self._value())
            if self._next == ("mark", ","):
                self._at += 1
        self._expect(("mark", "]"))
        return values

    def _skip(self, word: str) -> bool:
        """Take the word if it comes next."""
        comes = self._next == ("word", word)
        self._at += comes
        return comes

    def _number(self) -> float:
        try:
            return float(self._take("word", "quoted"))
        except ValueError as error:
            raise BadFilter("not a number") from error

    def _value(self) -> str:
        return _folded(self._take("quoted", "word"))

    @property
    def _next(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *kinds: str) -> str:
        token = self._next
        if token is None or token[0] not in kinds:
            raise BadFilter(f"expected {kinds}")
        self._at += 1
        return token[1]

    def _expect(self, token: tuple[str, str]) -> None:
        if self._next != token:
            raise BadFilter(f"expected {token}")
        self._at += 1


def _folded(value: Any) -> str:
    """Facets compare as text in lower case; nothing equals null."""
    return "\x00" if value is None else str(value).lower()
