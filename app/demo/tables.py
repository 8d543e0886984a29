"""What tables of the demo world are made of: rows in passes, and ids that tell when."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.demo.plan import moment
from app.kit import ids

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for one table. `rows` starts a fresh pass, and has to be called once, in the order of `World.tables`."""

    name: str
    columns: tuple[str, ...]
    count: int
    rows: Callable[[], Iterator[Row]]


def rising_ids(times: "Sequence[int] | array[int]", order: Sequence[int] | None = None) -> "array[int]":
    """Ids that rise with the times; a running number keeps those of one millisecond apart."""
    made = array("q", bytes(8 * len(times)))
    for number, index in enumerate(order if order is not None else sorted(range(len(times)), key=times.__getitem__)):
        made[index] = ids.at(moment(times[index]), number)
    return made
