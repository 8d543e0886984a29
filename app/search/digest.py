"""What tells two states of a document apart, whichever engine holds it."""

from hashlib import blake2b

import orjson

from app.search.index import JobDocument, PostDocument


def digest_of(document: PostDocument | JobDocument) -> str:
    """Sixteen characters that change when anything in the document does."""
    return blake2b(orjson.dumps(document), digest_size=8).hexdigest()
