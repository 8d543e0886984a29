"""Fetch what sources name: guarded (app.kit.outward), within a deadline and a size, a few redirects and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from app.kit.clock import now
from app.kit.errors import Invalid, Unavailable
from app.kit.outward import Failed, Outward
from app.kit.retry_after import parse_retry_after

DEADLINE_SECONDS = 20.0
MOST_BYTES = 20 * 1024 * 1024
MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_SECRET = ("x-smarttoken", "authorization")


class FetchFailed(Unavailable):
    """What a source names could not be fetched; told on receipts, never raised to a caller."""

    code = "fetch_failed"
    message = "The source could not be reached"
    # What the source itself asked for.
    retry_after = 0


class FetchRefused(Invalid):
    """The address does not give what it should, and will not by asking again."""

    code = "fetch_refused"
    message = "The source refused the request"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: 200 with a body, or 304, 404 or 410 without."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


async def fetch(
    outward: Outward,
    url: str,
    *,
    headers: Mapping[str, str],
    deadline: float = DEADLINE_SECONDS,
    most_bytes: int = MOST_BYTES,
) -> Fetched:
    """GET `url`. Redirects keep to the scheme, and secrets to the host. Raises FetchFailed, FetchRefused."""
    head = {"Accept": "*/*", "User-Agent": "Weizhi", "Accept-Encoding": "identity", **headers}
    for _ in range(MOST_REDIRECTS + 1):
        try:
            answer = await outward.request("GET", url, headers=head, deadline=deadline, most_bytes=most_bytes)
        except Failed as error:
            raise FetchFailed(f"The source could not be reached ({error.kind}: {error.reason})") from None
        if answer.status not in _REDIRECTS:
            return _judged(
                Fetched(answer.status, answer.headers, answer.body, url), whole=answer.whole, most=most_bytes
            )
        target = urljoin(url, answer.headers.get("location", ""))
        if urlsplit(target).scheme != urlsplit(url).scheme:
            raise FetchRefused("The source redirects to another scheme")
        if urlsplit(target).netloc != urlsplit(url).netloc:
            head = {name: value for name, value in head.items() if name.lower() not in _SECRET}
        url = target
    raise FetchRefused(f"The source redirects more than {MOST_REDIRECTS} times")


def _judged(answer: Fetched, *, whole: bool, most: int) -> Fetched:
    if answer.status in (304, 404, 410):
        return answer
    if answer.status == 200:
        if len(answer.body) >= most and not whole:
            raise FetchRefused(f"The answer has more than {most} bytes")
        if not whole:
            raise FetchFailed("The answer broke off")
        if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise FetchRefused("The answer is compressed, though that was not asked for")
        return answer
    if answer.status == 429 or answer.status >= 500:
        failed = FetchFailed(f"The source answered {answer.status}")
        failed.retry_after = int(parse_retry_after(answer.headers.get("retry-after"), now()) or 0)
        raise failed
    raise FetchRefused(f"The source answered {answer.status}")
