"""Which addresses a request on somebody's behalf may go to: those of the public internet."""

import ipaddress

# Forms that carry an IPv4 address inside: where they lead depends on who translates them.
_CARRIERS = tuple(
    ipaddress.ip_network(network)
    for network in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)
# What some Pythons take for global.
_RESERVED = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "5f00::/16", "fec0::/10")
)


def is_public(address: str) -> bool:
    """Whether `address` (an IP literal) is one anybody may reach, and nothing of ours or beside us."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if any(ip in network for network in (*_CARRIERS, *_RESERVED)):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
