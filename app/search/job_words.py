"""What a question about jobs asks for, as PostgreSQL's full-text search understands it."""

from typing import Literal

from app.search.full_text import Weight, phrase
from app.search.wording import Piece, Wording

AnyWeight = Weight | Literal[""]


def all_of_it(wording: Wording, *, any_word: bool) -> str:
    """The tsquery for everything; empty when there is nothing to search for. `any_word`: one word is enough."""
    required = each(wording if any_word else Wording(wording.needed, ()), "")
    if any_word and required:
        required = [f"({' | '.join(required)})"]
    return " & ".join(required + [f"!({phrase(text)})" for text in wording.excluded])


def each(wording: Wording, weight: AnyWeight) -> list[str]:
    """For each thing required, the tsquery that finds it in fields of `weight` alone, or in any."""
    return [_any_of([_all_of(pieces, weight) for pieces in ways]) for ways in wording.required]


def together(wording: Wording, weight: Weight) -> str:
    """The tsquery for all that is required in one piece, in this order; empty where that says no more."""
    if len(wording.required) < 2 or any(len(ways) > 1 for ways in wording.required):
        return ""
    return phrase(" ".join(piece.typed for ((piece, *_),) in wording.required), weight)


def _all_of(pieces: tuple[Piece, ...], weight: AnyWeight) -> str:
    found = [_any_of([phrase(text, weight) for text in piece.texts]) for piece in pieces]
    return found[0] if len(found) == 1 else f"({' & '.join(found)})"


def _any_of(expressions: list[str]) -> str:
    return f"({' | '.join(expressions)})"
