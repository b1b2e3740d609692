"""Keys of tokens come and go while processes run."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from cli.edge.following import follow_keys
from cli.edge.model import EdgeModel
from cli.edge.model import Issuer as TrustedIssuer
from cli.edge.rendering import write_authentication
from services.runtime import keys as runtime_keys
from services.runtime.background import in_background
from services.runtime.faults import Unauthenticated
from services.runtime.identity import TokenVerifier
from services.runtime.key_sets import WeakKeyError
from services.runtime.keys import Keys, keys_of, load_keys
from services.runtime.settings import Settings
from tests.support.keys import KeyRing
from tests.support.verifying import verifier_by
from tests.support.waiting import until

OLD, NEW = KeyRing("old"), KeyRing("new")
SECONDS = 0.2
MANY = 60.0


class Issuer:
    """Publishes a key set, or answers with an error; says how often it was asked."""

    def __init__(self, *keys: KeyRing) -> None:
        self.keys, self.is_down, self.asked = keys, False, 0

    async def read(self) -> str:
        self.asked += 1
        if self.is_down:
            raise OSError("no answer")
        return self.text

    @property
    def text(self) -> str:
        return json.dumps({"keys": [key.public() for key in self.keys]})


@asynccontextmanager
async def followed(issuer: Issuer, seconds: float) -> AsyncIterator[TokenVerifier]:
    keys = Keys(issuer.read, ["EdDSA"], seconds)
    await keys.load()
    async with in_background(keys.follow()):
        yield verifier_by(keys)


async def until_trusted(verifier: TokenVerifier, token: str, *, trusted: bool) -> None:
    async with asyncio.timeout(10):
        while _is_trusted(verifier, token) is not trusted:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


def _is_trusted(verifier: TokenVerifier, token: str) -> bool:
    try:
        verifier.verify(token)
    except Unauthenticated:
        return False
    return True


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_keys, "LEAST_SECONDS", 0.05)


async def test_old_and_new_keys_side_by_side_then_the_new_one_alone() -> None:
    issuer = Issuer(OLD)
    async with followed(issuer, SECONDS) as verifier:
        old, new = OLD.token("w"), NEW.token("w")
        was = verifier.verify(old)
        assert verifier.still_trusts(was)
        issuer.keys = (OLD, NEW)
        await until_trusted(verifier, new, trusted=True)
        assert verifier.verify(old)
        issuer.keys = (NEW,)
        await until_trusted(verifier, old, trusted=False)
        assert not verifier.still_trusts(was)
        assert verifier.verify(new)


async def test_a_key_that_is_not_known_is_looked_for_at_once_but_not_each_time() -> None:
    issuer = Issuer(OLD)
    async with followed(issuer, MANY) as verifier:
        issuer.keys = (OLD, NEW)
        await until_trusted(verifier, NEW.token("w"), trusted=True)
        before = issuer.asked
        for number in range(200):
            assert not _is_trusted(verifier, KeyRing(f"other-{number}").token("w"))
        await asyncio.sleep(0.2)
        assert before < issuer.asked <= before + 4


@pytest.mark.parametrize("trouble", ["down", "nothing"])
async def test_while_an_issuer_is_in_trouble_its_keys_stay(trouble: str) -> None:
    issuer = Issuer(OLD)
    async with followed(issuer, 0.05) as verifier:
        issuer.is_down = trouble == "down"
        issuer.keys = () if trouble == "nothing" else (OLD,)
        async with asyncio.timeout(10):
            while issuer.asked <= 3:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        assert verifier.verify(OLD.token("w"))
        issuer.is_down, issuer.keys = False, (NEW,)
        await until_trusted(verifier, NEW.token("w"), trusted=True)


@pytest.fixture
def published() -> Iterator[tuple[str, Issuer]]:
    """By HTTP, as issuers do."""
    issuer = Issuer(OLD)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if issuer.is_down else 200)
            self.end_headers()
            self.wfile.write(issuer.text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/jwks.json", issuer
    server.shutdown()
    server.server_close()


async def test_keys_are_read_from_an_address(published: tuple[str, Issuer]) -> None:
    url, issuer = published
    keys = keys_of(Settings(DATABASE_URL="unused", jwks_url=url))
    await keys.load()
    assert keys.get("old")
    assert keys.edition == 1
    await keys.load()
    assert keys.edition == 1
    issuer.is_down = True
    with pytest.raises(OSError, match="503"):
        await keys.load()
    assert keys.get("old")


async def test_keys_are_read_from_a_file_that_changes(tmp_path: Path) -> None:
    path = OLD.write_jwks(tmp_path / "jwks.json")
    keys = keys_of(Settings(DATABASE_URL="unused", jwks_file=path))
    await keys.load()
    NEW.write_jwks(path)
    await keys.load()
    assert (keys.get("old"), keys.get("new") is not None) == (None, True)


def rsa_entry(bits: int, **fields: str) -> tuple[rsa.RSAPrivateKey, dict[str, Any]]:
    private = rsa.generate_private_key(65537, bits)
    entry = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    return private, entry | {"kid": "r"} | fields


def test_rsa_keys_are_for_rs256_and_not_short() -> None:
    private, entry = rsa_entry(2048)
    known = load_keys(json.dumps({"keys": [entry]}), ["RS256"])
    token = jwt.encode({"a": 1}, private, algorithm="RS256")
    assert jwt.decode(token, known["r"].key, algorithms=[known["r"].algorithm_name]) == {"a": 1}
    with pytest.raises(WeakKeyError, match="2048"):
        load_keys(json.dumps({"keys": [rsa_entry(1024)[1]]}), ["RS256"])


def test_keys_for_encryption_are_passed_over() -> None:
    """As Keycloak publishes them beside those for signatures."""
    encryption = rsa_entry(2048, use="enc", alg="RSA-OAEP", kid="e")[1]
    both = json.dumps({"keys": [encryption, OLD.public()]})
    assert load_keys(both, ["EdDSA"]).keys() == {"old"}
    with pytest.raises(WeakKeyError, match="signatures"):
        load_keys(json.dumps({"keys": [encryption]}), ["EdDSA", "RS256"])


@pytest.mark.parametrize("sources", [{}, {"jwks_url": "https://a", "jwks_file": Path("b")}])
def test_there_is_one_source_of_keys(sources: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either SHADOWER_JWKS_FILE or SHADOWER_JWKS_URL"):
        Settings(DATABASE_URL="unused", **sources)


MALFORMED = {
    "no text": b'\xff{"keys": []}',
    "no object": b"[]",
    "a type that is a list": b'{"keys": [{"kid": "a", "kty": []}]}',
    "a curve that is a number": b'{"keys": [{"kid": "a", "kty": "OKP", "crv": 1, "x": "AA"}]}',
    "a key that is a number": b'{"keys": [{"kid": "a", "kty": "OKP", "crv": "Ed25519", "x": 7}]}',
    "deeply nested": b'{"keys": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_set_that_is_none_changes_nothing(tmp_path: Path, name: str) -> None:
    file = OLD.write_jwks(tmp_path / "jwks.json")
    keys = keys_of(Settings(DATABASE_URL="unused", jwks_file=file))
    await keys.load()
    file.write_bytes(MALFORMED[name])
    with pytest.raises(WeakKeyError):
        await keys.load()
    assert keys.get("old") is not None


@pytest.mark.parametrize("name", MALFORMED)
async def test_the_edge_keeps_the_keys_that_it_had(tmp_path: Path, name: str) -> None:
    file, said = OLD.write_jwks(tmp_path / "jwks.json"), list[str]()
    issuer = TrustedIssuer("https://issuer.test", "test", file)
    model = EdgeModel(upstreams=(), issuers=(issuer,), descriptor=tmp_path / "contract")
    write_authentication(model, tmp_path)
    published = tmp_path / "authentication.yaml"
    before = published.read_text()
    async with in_background(follow_keys(model, tmp_path, said.append, pause=0.01)):
        file.write_bytes(MALFORMED[name])
        await until(lambda: _is(bool(said)))
        assert published.read_text() == before
        KeyRing("new").write_jwks(file)
        await until(lambda: _is(published.read_text() != before))


async def _is(condition: bool) -> bool:
    return condition
