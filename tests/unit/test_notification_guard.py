"""Which addresses nothing is sent to, however they are written, and whatever a name leads to."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from services.notifications.addresses import is_public
from services.notifications.guard import Guard, RefusedAddressError, SystemLookUp
from services.notifications.outcome import Verdict
from services.notifications.posting import Request, open_poster
from services.runtime.faults import InvalidArgument
from tests.support.ports import free_port
from tests.support.receivers import Answer, running_receiver
from tools.certificates import Authority

LOOPBACK = (ip_network("127.0.0.0/8"),)
SYSTEM = SystemLookUp(ThreadPoolExecutor(4))

REFUSED = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "fec0::1",
    "2001:db8::1",
    "100::1",
    "5f00::1",
    "3fff::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:7f00:1::",
    "2001:10::1",
]
PUBLIC = "1.1.1.1 8.8.8.8 172.32.0.1 100.128.0.1 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::1.1.1.1"


@pytest.mark.parametrize("text", REFUSED)
def test_it_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))
    with pytest.raises(RefusedAddressError):
        Guard((), SYSTEM).check(text)


@pytest.mark.parametrize("text", PUBLIC.split())
def test_it_is_public(text: str) -> None:
    Guard((), SYSTEM).check(text)
    with pytest.raises(RefusedAddressError):
        Guard((), SYSTEM).check(text, is_open=True)


def test_what_is_allowed_may_be_written_in_any_way() -> None:
    guard = Guard(LOOPBACK, SYSTEM)
    for text in ("127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"):
        guard.check(text, is_open=True)
    for text in ("10.0.0.1", "::1"):
        with pytest.raises(RefusedAddressError):
            guard.check(text)


REFUSED_URLS = r"""
https://127.0.0.1/ https://127.1/ https://2130706433/ https://0x7f000001/ https://0177.0.0.1/
https://0x7f.1/ https://[::1]/ https://[::ffff:7f00:1]/ https://[::ffff:127.0.0.1]/
https://localhost/ https://127.0.0.1./ https://169.254.169.254/latest/meta-data
https://[fd00:ec2::254]/ https://[64:ff9b::a9fe:a9fe]/ https://0/ https://[::]/
http://1.1.1.1/ file:///etc/passwd ftp://example.org/ gopher://example.org/
//example.org/ example.org https:// https:///path javascript:alert(1) data:text/plain,x
https://user@1.1.1.1/ https://user:word@1.1.1.1/ https://1.1.1.1@127.0.0.1/
https://1.1.1.1:22/ https://1.1.1.1:25/ https://1.1.1.1:6379/ https://1.1.1.1:5432/
https://1.1.1.1:0/ https://1.1.1.1:99999/ https://1.1.1.1:x/ https://[::1 https://1.1.1.1\@x/
https://%6c%6f%63alhost/ https://127.0.0.1%2f.example.org/ https://[fe80::1%25lo]/
"""


@pytest.mark.parametrize("url", REFUSED_URLS.split())
async def test_it_is_refused_when_it_is_saved(url: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await Guard((), SYSTEM).check_url(url, "target.webhook.url")
    assert refused.value.reason == "ADDRESS_REFUSED"
    assert [one.field for one in refused.value.violations] == ["target.webhook.url"]


SAVED_URLS = """
https://1.1.1.1/ https://1.1.1.1:8443/x?y=z#w https://[2606:4700::1111]/ https://no.where.invalid/
https://h00ks.x1.invalid./services/T0/B0 https://xn--bcher-kva.invalid/h
"""


@pytest.mark.parametrize("url", SAVED_URLS.split())
async def test_it_may_be_saved(url: str) -> None:
    await Guard((), SYSTEM).check_url(url, "target.webhook.url")


class Names:
    """What a name leads to; it may lead elsewhere the next time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    async def look_up(self, host: str, port: int) -> Sequence[str]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_a_name_that_leads_elsewhere_later_is_refused_then() -> None:
    names = Names(["1.1.1.1"], ["127.0.0.1"])
    guard = Guard((), names.look_up)
    async with running_receiver() as receiver, open_poster(guard, 2) as poster:
        url = receiver.at("x").replace("http://127.0.0.1", "https://rebound.example")
        await guard.check_url(url, "url")
        outcome = await poster.post(Request(url, b"{}", {}))
        assert outcome.error == "ADDRESS_REFUSED: rebound.example leads to no public address"
        assert receiver.got == {}


async def test_of_several_addresses_only_those_that_are_allowed_are_connected_to() -> None:
    async with running_receiver() as receiver:
        names = Names(["10.255.255.1", "127.0.0.1"])
        async with open_poster(Guard(LOOPBACK, names.look_up), 2) as poster:
            url = receiver.at("x").replace("127.0.0.1", "both.example")
            outcome = await poster.post(Request(url, b"{}", {}))
        assert outcome.verdict is Verdict.DELIVERED
        assert receiver.got["x"][0].headers["Host"].startswith("both.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "0177.1", "localhost"])
async def test_what_was_saved_all_the_same_is_not_connected_to(host: str) -> None:
    """As digits it needs no look-up: the socket itself is refused."""
    async with running_receiver() as receiver, open_poster(Guard((), SYSTEM), 2) as poster:
        for scheme in ("http", "https"):
            url = receiver.at("x").replace("http://127.0.0.1", f"{scheme}://{host}")
            outcome = await poster.post(Request(url, b"{}", {}))
            assert outcome.error.startswith("ADDRESS_REFUSED")
            assert (outcome.verdict, outcome.is_unwell) == (Verdict.AGAIN, True)
        assert receiver.got == {}


async def test_no_redirect_is_followed_and_no_proxy_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_receiver() as receiver, running_receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with open_poster(Guard(LOOPBACK, SYSTEM), 2) as poster:
            for code in (301, 302, 303, 307, 308):
                place = {"Location": receiver.at("inside")}
                receiver.says("x", Answer(code, place))
                outcome = await poster.post(Request(receiver.at("x"), b"{}", {}))
                assert (outcome.status_code, outcome.verdict) == (code, Verdict.AGAIN)
        assert len(receiver.got["x"]) == 5
        assert receiver.got["inside"] == []
        assert proxy.got == {}


async def test_little_is_read_of_what_a_receiver_says() -> None:
    async with running_receiver() as receiver, open_poster(Guard(LOOPBACK, SYSTEM), 2) as poster:
        receiver.says("x", Answer(500, body=b"a" * 50_000_000), Answer(200, body=b"\xff\0"))
        outcome = await poster.post(Request(receiver.at("x"), b"{}", {}))
        assert (outcome.status_code, outcome.response) == (500, "a" * 1024)
        outcome = await poster.post(Request(receiver.at("x"), b"{}", {}))
        assert outcome.response == "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(("code", "verdict"), [(200, Verdict.DELIVERED), (503, Verdict.AGAIN)])
@pytest.mark.parametrize("ending", ["stalls", "is cut"])
async def test_what_counts_is_the_status_and_not_how_its_text_ends(
    ending: str, code: int, verdict: Verdict
) -> None:
    """Who has said that it has it, has it."""
    is_over = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 %d OK\r\ncontent-length: 100\r\n\r\n" % code)
        if ending == "stalls":
            await is_over.wait()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, open_poster(Guard(LOOPBACK, SYSTEM), 1) as poster:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        outcome = await poster.post(Request(url, b"{}", {}))
        is_over.set()
    assert (outcome.verdict, outcome.status_code, outcome.response) == (verdict, code, "")


async def test_who_is_not_there_and_who_speaks_otherwise_can_be_told_apart() -> None:
    async with open_poster(Guard(LOOPBACK, SYSTEM), 1) as poster:
        nobody = f"http://127.0.0.1:{free_port()}/"
        outcome = await poster.post(Request(nobody, b"{}", {}))
        assert outcome.error.startswith("UNREACHABLE: ")
        with socket.create_server(("127.0.0.1", 0)) as mute:
            url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
            outcome = await poster.post(Request(url, b"{}", {}))
            assert outcome.error.startswith("TIMEOUT: ")


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    certificate, key = Authority().issue(tmp_path, "127.0.0.1")
    secret = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secret.load_cert_chain(certificate, key)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=secret)
    async with server, open_poster(Guard(LOOPBACK, SYSTEM), 2) as poster:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        outcome = await poster.post(Request(url, b"{}", {}))
    assert outcome.error.startswith("UNREACHABLE: ")
    assert "certificate" in outcome.error.lower()


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        *(("7", 7), ("0", 0), ("99999999", 43_200), ("", None), ("soon", None), ("-5", None)),
        ("9" * 5_000, 43_200),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 43_200),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 43_200),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999", None),
    ],
)
async def test_when_to_come_again(told: str, seconds: int | None) -> None:
    async with running_receiver() as receiver, open_poster(Guard(LOOPBACK, SYSTEM), 2) as poster:
        receiver.says("x", Answer(429, {"Retry-After": told}))
        outcome = await poster.post(Request(receiver.at("x"), b"{}", {}))
    found = outcome.retry_after and outcome.retry_after.total_seconds()
    assert (outcome.status_code, outcome.is_unwell) == (429, True)
    assert (found or 0) == (seconds or 0)
    assert (outcome.retry_after is None) == (seconds is None)
