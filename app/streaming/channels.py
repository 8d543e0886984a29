"""The streams a client can subscribe to, by Mastodon's names."""

from dataclasses import dataclass

from app.kit.errors import Forbidden, Malformed, RateLimited
from app.posts.text import fold_tag

# Stream → the scope it needs; None: anyone may listen.
SCOPES = {
    "user": "read:statuses",
    "user:notification": "read:notifications",
    "public": None,
    "public:local": None,
    "public:remote": None,
    "public:media": None,
    "public:local:media": None,
    "public:remote:media": None,
    "hashtag": None,
    "hashtag:local": None,
    "list": "read:lists",
    "direct": "read:statuses",
}
_LONGEST_TAG = 100


class UnknownStream(Malformed):
    code = "unknown_stream"
    message = "Unknown stream type"


class MissingStreamParameter(Malformed):
    code = "missing_stream_parameter"
    message = "This stream needs a parameter"


class StreamRefused(Forbidden):
    code = "stream_refused"
    message = "Access to this stream is not allowed"


class TooManyStreams(RateLimited):
    code = "too_many_streams"
    message = "Too many streams are open"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream. `tag` is folded, and `word` is it as the client wrote it; `list_id` names one of one's own lists."""

    name: str
    tag: str | None = None
    word: str | None = None
    list_id: int | None = None

    @property
    def label(self) -> list[str]:
        """How messages name the stream: ["user"], ["hashtag", "远程"], ["list", "12"]."""
        more = self.word or (str(self.list_id) if self.list_id is not None else None)
        return [self.name, *([more] if more else [])]


def parse_stream(name: str, *, tag: str | None, list_id: str | None) -> Stream:
    """The stream a client asks for. Raises UnknownStream or MissingStreamParameter."""
    if name not in SCOPES:
        raise UnknownStream
    if name.startswith("hashtag"):
        word = (tag or "").strip().strip("#＃")
        if not word or len(word) > _LONGEST_TAG:
            raise MissingStreamParameter(f"{MissingStreamParameter.message}: tag")
        return Stream(name, tag=fold_tag(word), word=word)
    if name == "list":
        if not list_id or not (list_id.isascii() and list_id.isdigit() and len(list_id) <= 18):
            raise MissingStreamParameter(f"{MissingStreamParameter.message}: list")
        return Stream(name, list_id=int(list_id))
    return Stream(name)
