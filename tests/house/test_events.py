"""Every event leads somewhere, or somebody said why not."""

import re

from app.handlers import HANDLERS, UNHANDLED
from app.outbox.publish import Event
from tests.house import subclasses

_EVENTS = subclasses(Event)
_PAST = re.compile(r"[a-z]+\.(?:[a-z]+_)*(?:[a-z]+ed|made|sent|seen|hidden|withdrawn|left|held)")


def test_each_is_handled_or_excused_with_a_reason() -> None:
    handled = {event for entry in HANDLERS for event in entry.topics}

    assert {event.__name__ for event in _EVENTS} == {event.__name__ for event in handled | set(UNHANDLED)}
    assert handled.isdisjoint(UNHANDLED)
    assert all(len(reason) > 20 for reason in UNHANDLED.values())


def test_topics_are_unique_and_in_the_past_tense() -> None:
    topics = [event.topic for event in _EVENTS]

    assert len(set(topics)) == len(topics)
    assert [topic for topic in topics if not _PAST.fullmatch(topic)] == []


def test_a_topic_is_its_class_s_name() -> None:
    # JobPublished ↔ job.published; ProfileChanged belongs to an account, so its topic may say so.
    for event in _EVENTS:
        noun, verb = event.topic.split(".")
        assert event.__name__.lower().endswith(verb.replace("_", "")), event
        assert event.__module__.startswith("app."), noun


def test_events_carry_ids_only() -> None:
    for event in _EVENTS:
        for name, annotation in event.__annotations__.items():
            assert name == "topic" or (name.endswith("_id") and annotation in (int, "int")), f"{event.__name__}.{name}"


def test_handler_names_are_unique() -> None:
    names = [entry.name for entry in HANDLERS]

    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+\.[a-z_]+", name)] == []
