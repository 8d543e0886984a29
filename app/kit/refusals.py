"""Which errors a function raises, read from its code and from the code that it uses: for the API's description.

Where reading finds too much or too little, the function says so: `never`, `refuses`.
"""

import ast
import sys
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar, get_type_hints

from app.kit.errors import WeizhiError

Error = type[WeizhiError]
F = TypeVar("F", bound=Callable[..., Any])
# What the handlers of one `try` take, in their order, and whether each raises it again.
Handlers = tuple[tuple[tuple[type, ...], bool], ...]
Part = tuple[Error | FunctionType, tuple[Handlers, ...]]

_NEVER, _ALSO = "__never__", "__also__"


def never(*errors: Error) -> Callable[[F], F]:
    """Mark a function out of which these errors cannot come: the reader does not know what it asks of others."""
    return lambda function: _marked(function, _NEVER, errors)


def refuses(*errors: Error) -> Callable[[F], F]:
    """Mark a function that raises these too, by code that is only known when it runs."""
    return lambda function: _marked(function, _ALSO, errors)


def _marked(function: F, mark: str, errors: tuple[Error, ...]) -> F:
    setattr(function, mark, errors)
    return function


class Refusals:
    """Reads each function once."""

    def __init__(self) -> None:
        self._known: dict[FunctionType, set[Error]] = {}

    def of(self, functions: Iterable[object]) -> set[Error]:
        """The errors that may leave any of these."""
        return {error for one in functions if _is_ours(one) for error in self._of(one)}  # type: ignore[arg-type]

    def _of(self, function: FunctionType) -> set[Error]:
        if function not in self._known:
            # Who uses itself raises nothing more by that.
            self._known[function] = set()
            found: set[Error] = set(getattr(function, _ALSO, ()))
            for part, around in _parts(function):
                errors = self._of(part) if isinstance(part, FunctionType) else {part}
                found |= {error for error in errors if _escapes(error, around)}
            self._known[function] = {one for one in found if one not in getattr(function, _NEVER, ())}
        return self._known[function]


def _is_ours(function: object) -> bool:
    return isinstance(function, FunctionType) and function.__module__.startswith("app.")


def _escapes(error: Error, around: tuple[Handlers, ...]) -> bool:
    return all(next((again for classes, again in handlers if issubclass(error, classes)), True) for handlers in around)


@cache
def _functions(module: str) -> dict[int, ast.AST]:
    """A module's functions by their first lines, decorators included."""
    tree = ast.parse(Path(sys.modules[module].__file__ or "").read_text(encoding="utf-8"))
    nodes = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))
    return {min((one.lineno, *(d.lineno for d in getattr(one, "decorator_list", ())))): one for one in nodes}


def _parts(function: FunctionType) -> Iterator[Part]:
    # What a decorator of others wraps is in its closure.
    inner = getattr(function, "__wrapped__", None)
    if isinstance(inner, FunctionType):
        yield inner, ()
    tree = _functions(function.__module__).get(function.__code__.co_firstlineno)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    outer = {name: cell.cell_contents for name, cell in cells}
    local = dict.fromkeys(_locals(function.__code__))
    yield from _walked(getattr(tree, "body", None), ChainMap(outer, local, function.__globals__))


def _locals(code: CodeType) -> Iterator[str]:
    """Names that mean something else inside, in functions within too."""
    yield from (*code.co_varnames, *code.co_cellvars)
    for within in code.co_consts:
        if isinstance(within, CodeType):
            yield from _locals(within)


def _walked(body: Any, names: Mapping[str, Any]) -> Iterator[Part]:
    waiting: list[tuple[ast.AST, tuple[Handlers, ...]]] = [(one, ()) for one in _listed(body)]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, ast.Try):
            handlers = tuple((_classes(one.type, names), _again(one)) for one in node.handlers)
            waiting += [(one, (*around, handlers)) for one in node.body]
            after = [*(one for handler in node.handlers for one in handler.body), *node.orelse, *node.finalbody]
            waiting += [(one, around) for one in after]
            continue
        if isinstance(node, ast.Raise) and (error := _error(node.exc, names)):
            yield error, around
        if isinstance(node, ast.Name | ast.Attribute) and _is_ours(found := _resolved(node, names)):
            yield found, around
        waiting += [(one, around) for one in ast.iter_child_nodes(node)]


def _listed(body: Any) -> list[ast.AST]:
    return body if isinstance(body, list) else [body] if body else []


def _classes(node: ast.expr | None, names: Mapping[str, Any]) -> tuple[type, ...]:
    each = node.elts if isinstance(node, ast.Tuple) else [node] if node else []
    return tuple(found for one in each if isinstance(found := _resolved(one, names), type))


def _again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(one, ast.Raise) and one.exc is None for one in ast.walk(handler))


def _error(node: ast.expr | None, names: Mapping[str, Any]) -> Error | None:
    """The class of what is raised: by itself, called, or made by a function that says what it gives."""
    found = _resolved(node.func if isinstance(node, ast.Call) else node, names)
    if isinstance(found, FunctionType):
        found = get_type_hints(found).get("return")
    return found if isinstance(found, type) and issubclass(found, WeizhiError) else None


def _resolved(node: ast.expr | None, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        value = _resolved(node.value, names)
        # Of other things an attribute may be anything, and looking may do something.
        return getattr(value, node.attr, None) if isinstance(value, ModuleType | type) else None
    return None
