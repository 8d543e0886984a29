"""People listen: what happens reaches an open stream at once."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mastodon import Mastodon, StreamListener

from tests.clients.day.steps import Day, eventually

# What "at once" means: from the call that posts to the event in the listener's hands.
_AT_ONCE = 1.0


class Heard(StreamListener):
    """Keeps what it hears, with the time."""

    def __init__(self) -> None:
        self.events: queue.Queue[tuple[float, str, Any]] = queue.Queue()
        self.beats = 0

    def on_any_event(self, name: str, data: Any = None, for_stream: str | None = None) -> None:
        self.events.put((time.monotonic(), name, data))

    def handle_heartbeat(self) -> None:
        self.beats += 1

    def wait_for(self, kind: str, id: object = None) -> tuple[float, Any]:
        """When an event of a kind came, and what it held; others before it are passed over."""
        deadline = time.monotonic() + 10
        seen = []
        while (left := deadline - time.monotonic()) > 0:
            try:
                at, name, data = self.events.get(timeout=left)
            except queue.Empty:
                break
            found = getattr(data, "id", data)
            seen.append((name, found))
            if name == kind and (id is None or str(found) == str(id)):
                return at, data
        raise AssertionError(f"no {kind} came; heard: {seen}")


@contextmanager
def listening(person: Mastodon, stream: str, *arguments: str) -> Iterator[Heard]:
    """An open stream, receiving."""
    heard = Heard()
    handle = getattr(person, f"stream_{stream}")(*arguments, heard, run_async=True)
    try:
        eventually(handle.is_receiving)
        # The stream is open once it says anything: a heartbeat comes first.
        eventually(lambda: heard.beats)
        yield heard
    finally:
        # Closing waits until the stream says something more: a heartbeat, which may take its time.
        threading.Thread(target=handle.close, daemon=True).start()


def test_streaming_is_healthy(day: Day) -> None:
    assert day.client().stream_healthy()


def test_a_followed_person_s_post_arrives_at_once(day: Day) -> None:
    with listening(day.lin, "user") as heard:
        started = time.monotonic()
        post = day.bo.status_post("现在就看到")
        at, update = heard.wait_for("update", post.id)
        assert at - started < _AT_ONCE, f"it took {at - started:.2f} s"
        assert (update.account.username, update.content) == ("bo", post.content)
        edited = day.bo.status_update(post, "现在又看到")
        assert heard.wait_for("status.update", post.id)[1].content == edited.content
        day.bo.status_delete(post)
        heard.wait_for("delete", post.id)


def test_a_notification_arrives_too(day: Day) -> None:
    with listening(day.lin, "user_notifications") as heard:
        post = day.mei.status_post("@lin 看这里")
        notification = heard.wait_for("notification")[1]
        assert (notification.type, notification.status.id) == ("mention", post.id)


def test_the_public_and_its_tags_are_streamed(day: Day) -> None:
    with listening(day.lin, "public") as everything, listening(day.lin, "hashtag", "直播") as tagged:
        plain = day.mei.status_post("没有标签")
        marked = day.mei.status_post("有标签 #直播")
        everything.wait_for("update", plain.id)
        everything.wait_for("update", marked.id)
        assert tagged.wait_for("update")[1].id == marked.id


def test_a_private_word_is_streamed_to_its_reader(day: Day) -> None:
    with listening(day.lin, "direct") as heard, listening(day.lin, "public") as everything:
        post = day.bo.status_post("@lin 悄悄话", visibility="direct")
        assert heard.wait_for("conversation")[1].last_status.id == post.id
        after = day.bo.status_post("大声说")
        assert everything.wait_for("update")[1].id == after.id
