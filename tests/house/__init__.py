"""House rules that are tests: what is written down stays true."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TypeVar

import app

HERE = Path(__file__).parent.parent.parent
T = TypeVar("T")


def subclasses(of: type[T]) -> list[type[T]]:
    """Every subclass in `app`, however deep; imports all of it."""
    for module in walk_packages(app.__path__, "app."):
        import_module(module.name)

    def below(parent: type[T]) -> Iterator[type[T]]:
        for child in parent.__subclasses__():
            yield child
            yield from below(child)

    # A dataclass with slots is made twice; the module holds the one that counts.
    found = {
        child
        for child in below(of)
        if child.__module__.startswith("app.")
        and getattr(import_module(child.__module__), child.__name__, None) is child
    }
    return sorted(found, key=lambda child: (child.__module__, child.__qualname__))
