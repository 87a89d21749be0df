"""Where a webhook may go, and where not."""

import ipaddress
import socket

import pytest

from sora_social.webhooks.addresses import NotFound, is_public, judged, target_of
from sora_social.webhooks.errors import UrlRefused

PUBLIC = [
    "93.184.215.14",
    "8.8.8.8",
    "1.1.1.1",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",  # how a network without IPv4 writes 8.8.8.8
]
NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",  # carriers' own
    "127.0.0.1",
    "127.8.9.10",
    "168.63.129.16",  # a cloud's own services
    "169.254.169.254",  # machines' metadata
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
REFUSED = {
    "http://example.com/": "scheme",
    "ftp://example.com/": "scheme",
    "file:///etc/passwd": "scheme",
    "gopher://127.0.0.1:6379/_INFO": "scheme",
    "//example.com/": "scheme",
    "example.com/hook": "scheme",
    "": "scheme",
    "https://": "form",
    "https:///hook": "form",
    "https://ada@example.com/": "userinfo",
    "https://ada:word@example.com/": "userinfo",
    "https://example.com@127.0.0.1/": "userinfo",
    "https://@127.0.0.1/": "userinfo",
    "https://example.com:22/": "port",
    "https://example.com:80/": "port",
    "https://example.com:6379/": "port",
    "https://example.com:99999/": "form",
    "https://example.com:x/": "form",
    "https://exa mple.com/": "form",
    "https://example.com/\r\nX: y": "form",
    "https://example.com\\@127.0.0.1/": "form",
    "https://ex%61mple.com/": "form",
    "https://münchen.example/": "form",
    "https://[fe80::1%25eth0]/": "form",
    "https://[::1/": "form",
    "https://a..b/": "form",
    f"https://example.com/{'x' * 2048}": "form",
    "https://127.0.0.1/": "private",
    "https://127.1/": "private",
    "https://2130706433/": "private",
    "https://0x7f000001/": "private",
    "https://0177.0.0.1/": "private",
    "https://0/": "private",
    "https://localhost/": "private",
    "https://LOCALHOST./": "private",
    "https://10.1.2.3:8443/": "private",
    "https://169.254.169.254/latest/meta-data/": "private",
    "https://[::1]/": "private",
    "https://[::ffff:10.0.0.1]/": "private",
    "https://[64:ff9b::a9fe:a9fe]/": "private",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_other_addresses_may_not(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_is_refused_by_the_rule_it_breaks(url):
    with pytest.raises(UrlRefused) as refused:
        judged(target_of(url))
    assert refused.value.facts["rule"] == REFUSED[url]


def test_a_public_address_is_what_is_connected_to():
    target = target_of("https://93.184.215.14:8443/hook?a=b#part")
    assert (judged(target), target.path) == (["93.184.215.14"], "/hook?a=b")
    assert target.authority == "93.184.215.14:8443"


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch):
    answers_with(monkeypatch, "93.184.215.14", "10.0.0.1")
    with pytest.raises(UrlRefused):
        judged(target_of("https://mixed.example/"))


def test_a_name_without_addresses_is_not_found(monkeypatch):
    answers_with(monkeypatch)
    with pytest.raises(NotFound):
        judged(target_of("https://nobody.example/"))


def test_in_development_this_machine_is_open_and_nothing_else(loopback):
    assert judged(target_of("http://127.0.0.1:8000/hook")) == ["127.0.0.1"]
    for url in ("http://10.0.0.1/", "http://8.8.8.8/", "https://8.8.8.8:22/"):
        with pytest.raises(UrlRefused):
            judged(target_of(url))


def answers_with(monkeypatch, *addresses):
    """The resolver knows these addresses of every name."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **how: found)
