"""Files in requests: which operations take them, and how they are read without holding them in memory."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive

from app.kit import log
from app.kit.errors import Malformed, TooLarge, Unavailable, WeizhiError, field_error

logger = log.logger(__name__)

# A body may start late, and then must arrive at least this fast; none may take longer than the whole.
GRACE_SECONDS = 15.0
LEAST_BYTES_PER_SECOND = 32 * 1024
LONGEST_SECONDS = 900.0
_MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class UploadRule:
    """An operation that takes files: in which fields, and how long its body may be."""

    method: str
    path: re.Pattern[str]
    fields: frozenset[str]
    most_bytes: int
    # Plain fields are held in memory.
    most_field_bytes: int = 64 * 1024

    def covers(self, method: str, path: str) -> bool:
        return method == self.method and self.path.fullmatch(path) is not None


def describe_files(*required: str, **meanings: str) -> dict[str, Any]:
    """What a route says of its files, as its `openapi_extra`: a meaning by field, and which must be there."""
    files = {name: {"type": "string", "format": "binary", "description": text} for name, text in meanings.items()}
    return {"x-files": {"type": "object", "properties": files, "required": list(required)}}


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it came. Its name and declared type are what the sender says: judge by content alone."""

    file: BinaryIO
    size: int


@dataclass(slots=True)
class Upload:
    """A multipart body that was read: plain fields, and files by field; `close` removes the files."""

    pairs: list[tuple[str, str]]
    files: Mapping[str, UploadedFile]
    _form: FormData = field(repr=False)

    async def close(self) -> None:
        await self._form.close()


async def chunks(receive: Receive, headers: Headers, *, most_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body as it arrives; raises TooLarge over `most_bytes`, Malformed when it is cut off or too slow."""
    declared = headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > most_bytes:
        raise TooLarge
    started, size, more = time.monotonic(), 0, True
    while more:
        allowed = min(GRACE_SECONDS + size / LEAST_BYTES_PER_SECOND, LONGEST_SECONDS)
        try:
            async with asyncio.timeout(started + allowed - time.monotonic()):
                message = await receive()
        except TimeoutError:
            raise Malformed("The body took too long to arrive") from None
        if message["type"] == "http.disconnect":
            raise Malformed("The body ended early")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most_bytes:
            raise TooLarge
        more = message.get("more_body", False)
        yield chunk


async def read_upload(receive: Receive, headers: Headers, rule: UploadRule) -> Upload:
    """Read a multipart body; its files go to disk as they arrive. Raises Malformed, TooLarge or Invalid."""
    refusal: list[WeizhiError] = []

    async def body() -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in chunks(receive, headers, most_bytes=rule.most_bytes):
                yield chunk
        except WeizhiError as error:
            refusal.append(error)
            # The one exception upon which the parser closes the files it has begun.
            raise MultiPartException(error.text) from error

    parser = MultiPartParser(
        headers, body(), max_files=len(rule.fields), max_fields=_MOST_FIELDS, max_part_size=rule.most_field_bytes
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise (refusal[0] if refusal else Malformed("The multipart body could not be read")) from None
    except OSError:
        logger.exception("an upload could not be put on disk")
        raise Unavailable from None
    files: dict[str, UploadedFile] = {}
    pairs: list[tuple[str, str]] = []
    try:
        for name, value in form.multi_items():
            if isinstance(value, str):
                pairs.append((name, value))
            elif name not in rule.fields:
                raise field_error(name[:100], "ERR_INVALID", "takes no file")
            elif isinstance(value, UploadFile) and value.size:
                files[name] = UploadedFile(value.file, value.size)
    except BaseException:
        await form.close()
        raise
    return Upload(pairs, files, form)
