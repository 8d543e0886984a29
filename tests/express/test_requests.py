"""What the fast lane takes for a request of its own."""

from app.express import requests
from app.express.requests import kind_of, parse


def test_names_the_timeline_of_a_path() -> None:
    assert kind_of("/api/v1/timelines/home") == ("home", "")
    assert kind_of("/api/v1/timelines/tag/招聘") == ("tag", "招聘")
    assert kind_of("/api/v1/timelines/tag") is None


def test_remembers_nothing_of_what_is_strangely_long() -> None:
    known = requests._kind_of.cache_info().currsize, requests._parse.cache_info().currsize
    assert kind_of("/api/v1/timelines/tag/" + "招" * 400) is None
    assert parse("home", "", b"limit=20&" + b"max_id=1" * 100) is None
    assert (requests._kind_of.cache_info().currsize, requests._parse.cache_info().currsize) == known
