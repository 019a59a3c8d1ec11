"""The network address that a client's use is counted by: its IPv4 address, or the /64 of its IPv6 address."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

KNOWN = 1_024  # addresses, as they were written, of which the network is remembered
LONGEST = 64  # characters of an address that is looked at; the longest has 45, and a zone behind it
IPV6_PREFIX = 64  # what one customer is given at least; every device in it has as many addresses as it likes


def client_network(peer: str, forwarded: str, trusted: Sequence[Network]) -> Network | None:
    """The address of whoever sent a request, as a network; None when the peer has none (a unix socket).

    `forwarded` is `X-Forwarded-For`. Each proxy appends the address that it was asked from, so it is read from its end, for as
    long as the one who appended is a trusted proxy; what stands before that, anybody may have written.
    """
    network = _network(peer)
    for name in reversed(forwarded.split(",")):
        if network is None or not is_within(network, trusted):
            break
        network = _network(name.strip()[:LONGEST]) or network
    return network


def is_within(network: Network, networks: Sequence[Network]) -> bool:
    """Whether this network is part of one of those."""
    return any(network.version == one.version and network.subnet_of(one) for one in networks)  # type: ignore[arg-type]


@lru_cache(KNOWN)
def _network(text: str) -> Network | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if not isinstance(address, IPv4Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        return IPv4Network(address)
    return ip_network((address, IPV6_PREFIX), strict=False)
