"""What a job's card carries for one reader: who was shown it, and through which post; readable by us alone.

The mark is made of the content, and what hides the content of the mark: whoever shares a link tells nobody who they
are, and equal content gives equal text, so that an answer can be made again byte by byte.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.exposures.days import KEPT_DAYS
from app.exposures.models import CardKey
from app.kit.db import Database

_CONTENT = Struct(">Hqq")
_MARK_BYTES = 10
# Days are told as the days since then, in two bytes.
_BEFORE = date(2020, 1, 1).toordinal()
LENGTH = -(-(_CONTENT.size + _MARK_BYTES) * 4 // 3)
_NAME = "cards"


class Sealed(NamedTuple):
    """What a token tells: on `day` this viewer was shown the card by the post `via_id`."""

    day: date
    viewer_id: int
    via_id: int


@dataclass(slots=True)
class Seals:
    """Makes and reads tokens once `load` found the key; until then cards carry none, and none can be read."""

    key: bytes | None = None

    async def load(self, db: Database) -> None:
        """Get the key from PostgreSQL, where the first process puts it. Nothing to do the second time."""
        if self.key is not None:
            return
        async with db.transaction() as session:
            made = insert(CardKey).values(name=_NAME, key=secrets.token_bytes(32)).on_conflict_do_nothing()
            await session.execute(made)
            # Another process may make one at the same moment: the first counts.
            self.key = (await session.scalars(select(CardKey.key).where(CardKey.name == _NAME))).one()

    def seal(self, day: date, *, viewer_id: int, root_id: int, via_id: int) -> str:
        """A token that only the page of the job whose post is `root_id` takes; empty without a key."""
        key = self.key
        if key is None:
            return ""
        content = _CONTENT.pack(day.toordinal() - _BEFORE, viewer_id, via_id)
        mark = _marked(key, content, root_id)
        return base64.urlsafe_b64encode(mark + _hidden(key, content, mark)).rstrip(b"=").decode()

    def read(self, token: str, *, root_id: int, today: date) -> Sealed | None:
        """What a token for this root tells; None for a forged one, another job's, and one that is too old."""
        key = self.key
        if key is None or len(token) != LENGTH or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        mark = raw[:_MARK_BYTES]
        content = _hidden(key, raw[_MARK_BYTES:], mark)
        if not secrets.compare_digest(mark, _marked(key, content, root_id)):
            return None
        days, viewer_id, via_id = _CONTENT.unpack(content)
        day = date.fromordinal(_BEFORE + days)
        return Sealed(day, viewer_id, via_id) if 0 <= (today - day).days < KEPT_DAYS else None


def _marked(key: bytes, content: bytes, root_id: int) -> bytes:
    return blake2b(content + root_id.to_bytes(8), digest_size=_MARK_BYTES, key=key, person=b"card mark").digest()


def _hidden(key: bytes, content: bytes, mark: bytes) -> bytes:
    pad = blake2b(mark, digest_size=_CONTENT.size, key=key, person=b"card pad").digest()
    return (int.from_bytes(content) ^ int.from_bytes(pad)).to_bytes(_CONTENT.size)
