"""A client is counted by the address that it has, however many it could have, and whatever it says of itself."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.web.client_address import client_network

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("8.8.8.8", "", "8.8.8.8/32"),
        ("8.8.8.8", "1.1.1.1", "8.8.8.8/32"),
        ("10.0.0.2", "", "10.0.0.2/32"),
        ("10.0.0.2", "8.8.4.4", "8.8.4.4/32"),
        ("10.0.0.2", "1.1.1.1, 8.8.4.4", "8.8.4.4/32"),
        ("10.0.0.2", "1.1.1.1, 8.8.4.4, 10.0.0.9", "8.8.4.4/32"),
        ("10.0.0.2", "10.0.0.7, 10.0.0.9", "10.0.0.7/32"),
        ("10.0.0.2", "1.1.1.1, nonsense", "1.1.1.1/32"),
        ("fd00::1", "2a00:1:2:3:4:5:6:7", "2a00:1:2:3::/64"),
        ("2a00:1:2:3:4:5:6:7", "", "2a00:1:2:3::/64"),
        ("2a00:1:2:3::1%eth0", "", "2a00:1:2:3::/64"),
        ("::ffff:8.8.8.8", "", "8.8.8.8/32"),
        ("", "8.8.8.8", "None"),
    ],
)
def test_only_a_trusted_proxy_is_believed_where_a_request_comes_from(peer: str, forwarded: str, counted: str) -> None:
    assert str(client_network(peer, forwarded, PROXIES)) == counted


@given(st.text(max_size=50), st.text(max_size=200), st.sampled_from([(), PROXIES]))
def test_no_header_is_an_error(peer: str, forwarded: str, trusted: Sequence[object]) -> None:
    client_network(peer, forwarded, trusted)  # type: ignore[arg-type]


@given(st.text(max_size=200))
def test_without_a_trusted_proxy_the_header_changes_nothing(forwarded: str) -> None:
    assert client_network("10.0.0.2", forwarded, ()) == ip_network("10.0.0.2/32")
