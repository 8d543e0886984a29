"""Which addresses are the public internet's."""

import ipaddress

import pytest

from app.kit.addresses import is_public, is_within, parse_networks

NOT_PUBLIC = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.0", "10.1.1.1", "10.255.255.255", "172.16.0.1"),
    *("172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.0.1", "169.254.169.254", "100.64.0.1"),
    *("100.100.100.200", "100.127.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.192", "192.0.2.1", "198.51.100.7"),
    *("203.0.113.9", "198.18.0.1", "198.19.255.255", "192.88.99.1", "192.31.196.1", "192.52.193.1", "192.175.48.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8"),
    *("64:ff9b::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1"),
    *("fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "ff0e::1"),
    *("2607:f8b0::5efe:7f00:1", "2607:f8b0::200:5efe:a00:1", "2606:4700:4700::1111%eth0"),
    *("", "localhost", "127.1", "0x7f.0.0.1", "010.1.1.1", "1.1.1.1.1", "1.1.1.1/32"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_knows_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.0.1"),
        *("172.32.0.1", "169.253.1.1", "192.0.1.1", "223.255.255.255", "168.63.129.15"),
        *("2606:4700:4700::1111", "2400:3200::1", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"),
    ],
)
def test_knows_what_is_public(address: str) -> None:
    assert is_public(address)


def test_takes_for_public_nothing_that_python_calls_private() -> None:
    for number in range(0, 2**32, 2**20 + 7):
        address = ipaddress.IPv4Address(number)
        assert address.is_global or not is_public(str(address)), address


def test_knows_the_networks_that_were_named() -> None:
    networks = parse_networks("127.0.0.0/8, ::1/128")
    assert is_within("127.0.0.9", networks)
    assert is_within("::1", networks)
    assert not is_within("10.0.0.1", networks)
    assert not is_within("::ffff:127.0.0.1", networks)
    assert not is_within("nonsense", networks)
