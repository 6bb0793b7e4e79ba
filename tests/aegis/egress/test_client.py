import datetime as dt
import ipaddress
import json
import logging
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from aegis.egress.client import open_client
from aegis.problems import Forbidden, Invalid, Unavailable
from aegis.settings import addresses
from tests.servers.answering import Answering, answering

SECRET = {"Authorization": "Bearer the-secret", "Cookie": "one=two"}


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    settings.AEGIS_EGRESS_ALLOW = frozenset({"127.0.0.1", "localhost"})


def say_hello(request: Answering) -> None:
    request.send(200, b'{"hello": "world"}')


def test_an_answer_of_an_allowed_host_comes_whole() -> None:
    with answering(say_hello) as server, open_client(server.url, headers=SECRET) as client:
        answer = client.ask("POST", "/a%20b/", params={"q": "x y"}, content={"n": 1})
        assert client.ask("GET", "/again").status == 200
    assert (answer.status, answer.json()) == (200, {"hello": "world"})
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/a%20b/?q=x+y")
    assert json.loads(asked.body) == {"n": 1}
    assert asked.headers["authorization"] == "Bearer the-secret"
    assert asked.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0"])
def test_a_host_of_an_inner_network_is_sent_nothing(host: str, settings: Settings) -> None:
    settings.AEGIS_EGRESS_ALLOW = frozenset()
    with answering(say_hello) as server:
        address = f"https://{host}:{server.port}"
        with open_client(address) as client, pytest.raises(Forbidden) as caught:
            client.ask("GET", "/")
    assert caught.value.code == "egress_refused"
    assert "internal network" in caught.value.sentence
    assert f"{host.strip('[]')}:{server.port}" in str(caught.value.mend)
    assert server.asked == []


def test_a_host_can_be_allowed_on_one_port_alone(settings: Settings) -> None:
    with answering(say_hello) as server, answering(say_hello) as other:
        settings.AEGIS_EGRESS_ALLOW = frozenset({f"127.0.0.1:{server.port}"})
        with open_client(server.url) as client:
            assert client.ask("GET", "/").status == 200
        with pytest.raises(Forbidden, match="plain http"):
            open_client(other.url)


@pytest.mark.parametrize(
    "address",
    ["", "hub.example", "ftp://127.0.0.1:21", "https://", "https://a:b@hub.example", "https://h:x"],
)
def test_what_is_no_address_of_a_server_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        open_client(address)
    assert caught.value.code == "egress_address_invalid"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(say_hello) as proxy, answering(say_hello) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with open_client(server.url) as client:
            client.ask("GET", "/")
    assert proxy.asked == []


def test_a_redirect_on_the_same_server_is_followed_with_its_credential() -> None:
    def move(request: Answering) -> None:
        if request.path == "/old":
            request.send(307, location="/new")
        else:
            say_hello(request)

    with answering(move) as server, open_client(server.url, headers=SECRET) as client:
        assert client.ask("GET", "/old").json() == {"hello": "world"}
    assert [asked.path for asked in server.asked] == ["/old", "/new"]
    assert server.asked[1].headers["authorization"] == "Bearer the-secret"


def test_a_redirect_to_another_server_is_not_followed_for_an_answer() -> None:
    with (
        answering(say_hello) as other,
        answering(lambda request: request.send(302, location=other.at("localhost"))) as server,
        open_client(server.url) as client,
        pytest.raises(Forbidden, match="another server"),
    ):
        client.ask("GET", "/")
    assert other.asked == []


def test_a_body_is_fetched_from_another_server_without_the_credential() -> None:
    with answering(lambda request: request.send(206, b"the bytes")) as other:
        place = f"{other.url}/signed?by=them"
        with (
            answering(lambda request: request.send(302, location=place)) as server,
            open_client(server.url, headers=SECRET) as client,
            client.stream("/file", headers={"Range": "bytes=5-", "X-Own": "1"}) as body,
        ):
            assert (body.status, body.read(3), body.read(), body.read()) == (
                206,
                b"the",
                b" bytes",
                b"",
            )
    asked = other.asked[0]
    assert asked.path == "/signed?by=them"
    assert asked.headers["range"] == "bytes=5-"
    assert not asked.headers.keys() & {"authorization", "cookie", "x-own"}
    assert server.asked[0].headers["x-own"] == "1"


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("http://169.254.169.254/latest/meta-data/", "plain http"),
        ("https://169.254.169.254/latest/meta-data/", "internal network"),
        ("https://[::ffff:10.0.0.1]/", "internal network"),
        ("file:///etc/passwd", "address of a server"),
        ("https://name:word@127.0.0.1/", "address of a server"),
    ],
)
def test_a_redirect_leads_to_no_inner_network(location: str, sentence: str) -> None:
    with (
        answering(lambda request: request.send(302, location=location)) as server,
        open_client(server.url) as client,
        pytest.raises((Forbidden, Invalid), match=sentence),
        client.stream("/file"),
    ):
        pass


def test_redirects_without_end_end() -> None:
    with (
        answering(lambda request: request.send(302, location="/again")) as server,
        open_client(server.url) as client,
    ):
        assert client.ask("GET", "/").status == 302
    assert len(server.asked) == 6


def test_an_answer_over_the_limit_is_not_read() -> None:
    def flood(request: Answering) -> None:
        request.head(200, connection="close")
        for _ in range(10_000):
            request.wfile.write(b" " * 64 * 1024)

    with (
        answering(flood) as server,
        open_client(server.url) as client,
        pytest.raises(Invalid) as caught,
    ):
        client.ask("GET", "/", most=1024)
    assert caught.value.code == "egress_too_large"


def test_an_answer_that_drips_is_given_up_in_time() -> None:
    def drip(request: Answering) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1000:
            request.wfile.write(bytes([byte]))
            time.sleep(0.05)

    with answering(drip) as server, open_client(server.url, seconds=0.4) as client:
        began = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            client.ask("GET", "/")
    assert caught.value.code == "egress_slow"
    assert time.monotonic() - began < 3


def test_a_body_that_is_cut_is_no_whole_one() -> None:
    def cut(request: Answering) -> None:
        request.head(200, content_length="1000")
        request.wfile.write(b"half")
        request.hang_up()

    with (
        answering(cut) as server,
        open_client(server.url) as client,
        client.stream("/") as body,
    ):
        assert body.read() == b"half"
        with pytest.raises(Unavailable) as caught:
            body.read()
    assert caught.value.code == "egress_broken_off"


def test_a_compressed_answer_is_not_expanded() -> None:
    with (
        answering(
            lambda request: request.send(200, b"\x1f\x8b", content_encoding="gzip")
        ) as server,
        open_client(server.url) as client,
        pytest.raises(Unavailable, match="encoding"),
    ):
        client.ask("GET", "/")


@pytest.mark.parametrize("body", [b"<html>", b"\xff", b"[" * 200_000, b""])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with (
        answering(lambda request: request.send(200, body)) as server,
        open_client(server.url) as client,
        pytest.raises(Unavailable) as caught,
    ):
        client.ask("GET", "/").json()
    assert caught.value.code == "egress_unreadable"


def test_a_server_that_is_away_is_named() -> None:
    with answering(say_hello) as server:
        pass
    with open_client(server.url) as client, pytest.raises(Unavailable) as caught:
        client.ask("GET", "/")
    assert caught.value.code == "egress_unreachable"
    assert f"127.0.0.1:{server.port}" in caught.value.sentence


def test_a_certificate_has_to_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = _certificate(tmp_path)
    with answering(say_hello, tls=context) as server:
        with open_client(server.url) as client, pytest.raises(Unavailable) as caught:
            client.ask("GET", "/")
        assert caught.value.code == "egress_untrusted"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        with open_client(server.url) as client:
            assert client.ask("GET", "/").status == 200


def test_no_log_holds_a_signed_address(caplog: pytest.LogCaptureFixture) -> None:
    with answering(say_hello) as server, open_client(server.url) as client:
        client.ask("GET", "/file", params={"signature": "the-secret"})
    quiet = [logging.getLogger(name).getEffectiveLevel() for name in ("httpx", "httpcore")]
    assert min(quiet) >= logging.WARNING
    assert "the-secret" not in caplog.text


def test_hosts_are_listed_in_any_case_and_nothing_else() -> None:
    listed = ["MLflow.internal", "10.0.0.5:5000", "[::1]:80"]
    assert addresses.hosts("NAME", listed) == {"mlflow.internal", "10.0.0.5:5000", "[::1]:80"}
    for wrong in ("https://hub.internal", "hub.internal/path", "a b", "*"):
        with pytest.raises(ImproperlyConfigured, match="NAME lists hosts"):
            addresses.hosts("NAME", [wrong])


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    public, both = folder / "public.pem", folder / "both.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    both.write_bytes(public.read_bytes() + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, public
