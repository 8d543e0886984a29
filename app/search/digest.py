"""What tells two states of a document apart, whichever engine holds it."""

from hashlib import blake2b

import orjson

from app.search.index import JobDocument, PostDocument

# To be raised when PostgreSQL keeps documents in another way: `weizhi search check --repair` brings all into it.
PG_FORMAT = 1


def digest_of(document: PostDocument | JobDocument, *, format: int = 0) -> str:
    """Sixteen characters that change when anything in the document does, or the form it is kept in."""
    return blake2b(orjson.dumps(document), digest_size=8, salt=format.to_bytes(2)).hexdigest()
