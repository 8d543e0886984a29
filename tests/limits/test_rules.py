"""Which rule a request falls under, and whom an address stands for."""

import pytest

from app.limits.limits import Rule
from app.limits.rules import (
    API,
    DELETE,
    INBOUND,
    MEDIA,
    NEW_APP,
    SIGN_UP,
    SOURCE,
    find_operation,
    general_rule,
    network_of,
)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("testclient", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        ("192.0.2.7, 1.1.1.1", "unknown"),
    ],
)
def test_an_address_stands_for_a_customer(host: str | None, expected: str) -> None:
    assert network_of(host) == expected


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/api/v1/media", MEDIA),
        ("POST", "/api/v2/media", MEDIA),
        ("PUT", "/api/v1/media/1", None),
        ("DELETE", "/api/v1/statuses/1", DELETE),
        ("POST", "/api/v1/statuses/1/unreblog", DELETE),
        ("POST", "/api/v1/statuses/1/reblog", None),
        ("POST", "/api/v1/accounts", SIGN_UP),
        ("POST", "/api/v1/accounts/1/follow", None),
        ("POST", "/api/v1/apps", NEW_APP),
        ("GET", "/api/v1/apps/verify_credentials", None),
        ("POST", "/api/weizhi/v1/inbound/greenhouse/117680834534375440", SOURCE),
        ("POST", "/api/weizhi/v1/inbound_sources/1/replay", None),
    ],
)
def test_some_operations_have_a_rule_of_their_own(method: str, path: str, expected: Rule | None) -> None:
    operation = find_operation(method, path)
    assert (operation.rule if operation else None) == expected


def test_what_is_no_api_is_not_counted() -> None:
    assert general_rule("/api/v1/timelines/home") == general_rule("/oauth/token") == API
    assert general_rule("/api/weizhi/v1/inbound/standard/1") == INBOUND
    for path in ("/", "/livez", "/media/x", "/apis", "/.well-known/nodeinfo"):
        assert general_rule(path) is None


def test_the_numbers_are_mastodons() -> None:
    assert [(rule.most, rule.seconds) for rule in (API, MEDIA, DELETE, SIGN_UP)] == [
        (300, 300),
        (30, 1800),
        (30, 1800),
        (5, 1800),
    ]
