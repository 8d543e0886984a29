"""Which addresses a request on somebody's behalf may go to: those of the public internet."""

import ipaddress
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

EVERYWHERE = "0.0.0.0/0,::/0"

# IANA's registries of special purposes, and what leads elsewhere than it says. Not `is_global`: Pythons differ.
_NOT_PUBLIC_4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    # Azure's own services, at what looks like a public address.
    "168.63.129.16/32",
)
# Only 2000::/3 is given out. Outside lie mapped and compatible IPv4, NAT64 (64:ff9b::/96 and its local 64:ff9b:1::/48),
# discard-only, unique local, link-local, site-local, SRv6 and multicast addresses.
_GIVEN_OUT_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = (
    # Teredo, benchmarking, ORCHID and more; documentation; 6to4; AS112; documentation again.
    *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
)
_SPECIAL_4 = tuple(ipaddress.IPv4Network(network) for network in _NOT_PUBLIC_4)
_SPECIAL_6 = tuple(ipaddress.IPv6Network(network) for network in _NOT_PUBLIC_6)
# ISATAP (RFC 5214): the second half of the address is this, and an IPv4 address.
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(address: str) -> bool:
    """Whether `address` (an IP literal) is one anybody may reach, and nothing of ours or beside us."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _SPECIAL_4)
    if ip.scope_id is not None or ip not in _GIVEN_OUT_6 or any(ip in network for network in _SPECIAL_6):
        return False
    return (int(ip) >> 32) & 0xFFFFFFFF not in _ISATAP


def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether `address` lies in one of `networks`."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in networks)


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks with commas between; raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
