"""Which addresses are those of the public internet. Pure.

Beside what Python calls global, an address of IPv6 may only stand for one of IPv4, which is then
the one that counts.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NAT64 = ip_network("64:ff9b::/96")
NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "100.64.0.0/10",  # Carrier-grade NAT, and metadata of one cloud.
            "168.63.129.16/32",  # A cloud's host, which only looks public.
            "192.0.0.0/24",
            "192.88.99.0/24",  # Relays to 6to4.
            "198.18.0.0/15",
            "240.0.0.0/4",
            "::/96",  # IPv4-compatible, with loopback and the unspecified address.
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/23",  # Teredo and others.
            "2001:db8::/32",
            "2002::/16",  # 6to4.
            "3fff::/20",
            "5f00::/16",
            "fec0::/10",
        ),
    )
)


def meant(address: Address) -> Address:
    """The address of IPv4 that one of IPv6 stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def is_in(address: Address, networks: Iterable[Network]) -> bool:
    found = meant(address)
    return any(found in network for network in networks if network.version == found.version)


def is_public(address: Address) -> bool:
    found = meant(address)
    if is_in(found, NOT_PUBLIC) or found.is_multicast or found.is_reserved:
        return False
    return found.is_global and not (found.is_link_local or found.is_loopback or found.is_private)
