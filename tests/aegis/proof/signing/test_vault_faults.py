"""What a Vault can do wrong, shown by the stand-in: every answer is a refusal, none a signature."""

import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aegis.problems import Refusal
from aegis.proof.signing.refusals import SignerAway, SignerMisconfigured
from aegis.proof.signing.signer import sign
from tests.aegis.proof.signing.vaults import Signing
from tests.servers.transit import Mode, TransitStandIn

SIGNED = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"


@pytest.fixture
def faulty(stand_in: TransitStandIn) -> Signing:
    stand_in.make_key("a-key")
    return Signing(stand_in, "a-key")


@pytest.mark.parametrize("only", ["transit/sign", "transit/keys", "auth/"])
@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (Mode.SEALED, "signer_sealed"),
        (Mode.STANDBY, "signer_standby"),
        (Mode.GARBAGE, "signer_failed"),
        (Mode.TRUNCATED, "signer_failed"),
        (Mode.HUGE, "signer_failed"),
        (Mode.EMPTY, "signer_failed"),
        (Mode.FAILING, "signer_failed"),
        (Mode.REDIRECT, "signer_redirected"),
        (Mode.REPLY_LOST, "signer_unreachable"),
    ],
)
def test_a_fault_is_named_and_over_when_it_is_over(
    faulty: Signing, mode: Mode, code: str, only: str
) -> None:
    assert isinstance(faulty.server, TransitStandIn)
    signer = faulty.signer()
    with faulty.server.behaving(mode, only=only), pytest.raises(Refusal) as caught:
        sign(signer, SIGNED)
    assert caught.value.code == code
    assert isinstance(caught.value, SignerAway | SignerMisconfigured)
    assert faulty.server.token not in str(caught.value)
    assert sign(signer, SIGNED).key_version == "1"


@pytest.mark.parametrize("mode", [Mode.SLOW, Mode.DRIPPING])
def test_a_slow_answer_is_given_up_after_seconds(faulty: Signing, mode: Mode) -> None:
    assert isinstance(faulty.server, TransitStandIn)
    began = time.monotonic()
    with faulty.server.behaving(mode), pytest.raises(SignerAway) as caught:
        sign(faulty.signer(), SIGNED)
    assert caught.value.code == "signer_slow"
    assert 4.5 < time.monotonic() - began < 8


def test_a_signature_of_another_key_is_no_signature(faulty: Signing) -> None:
    assert isinstance(faulty.server, TransitStandIn)
    with (
        faulty.server.behaving(Mode.ANOTHER_KEY),
        pytest.raises(Refusal, match="does not verify with its own key"),
    ):
        sign(faulty.signer(), SIGNED)


def test_where_nobody_listens_the_address_is_named(faulty: Signing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    faulty.server.address = f"http://127.0.0.1:{port}"  # type: ignore[misc]  # The stand-in's.
    with pytest.raises(SignerAway, match=f"does not answer at http://127.0.0.1:{port}") as caught:
        sign(faulty.signer(), SIGNED)
    assert caught.value.code == "signer_unreachable"


def test_a_redirect_takes_the_token_nowhere(faulty: Signing, stand_in: TransitStandIn) -> None:
    with TransitStandIn().serving() as other:
        stand_in.elsewhere = f"{other.address}/"
        with stand_in.behaving(Mode.REDIRECT), pytest.raises(SignerMisconfigured):
            sign(faulty.signer(), SIGNED)
        assert other.asked == []


def test_a_proxy_of_the_environment_is_not_used(
    faulty: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TransitStandIn().serving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert sign(faulty.signer(), SIGNED).key_version == "1"
        assert proxy.asked == []


def test_a_connection_that_was_cut_meanwhile_is_opened_once_more(
    faulty: Signing, stand_in: TransitStandIn
) -> None:
    signer = faulty.signer()
    sign(signer, SIGNED)
    before = stand_in.count("transit/sign")
    stand_in.lose = 1
    assert sign(signer, SIGNED).key_version == "1"
    assert stand_in.count("transit/sign") == before + 2


def test_no_second_try_follows_a_second_cut(faulty: Signing, stand_in: TransitStandIn) -> None:
    signer = faulty.signer()
    with stand_in.behaving(Mode.REPLY_LOST, only="transit/sign"), pytest.raises(SignerAway):
        sign(signer, SIGNED)
    assert stand_in.count("transit/sign") == 2


def test_the_key_is_read_once_for_many_signatures(
    faulty: Signing, stand_in: TransitStandIn
) -> None:
    signer = faulty.signer()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sign(signer, SIGNED), range(40)))
    assert stand_in.count("transit/sign") == 40
    assert stand_in.count("transit/keys") == 1
    assert stand_in.count("lookup-self") == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(faulty: Signing) -> None:
    faulty.server.address = _tls_nonsense()  # type: ignore[misc]  # The stand-in's.
    with pytest.raises(Refusal) as caught:
        sign(faulty.signer(), SIGNED)
    assert caught.value.code in {"signer_untrusted", "signer_unreachable"}


def test_the_token_is_in_no_log(
    faulty: Signing, caplog: pytest.LogCaptureFixture, stand_in: TransitStandIn
) -> None:
    with caplog.at_level(logging.DEBUG):
        sign(faulty.signer(), SIGNED)
        with stand_in.behaving(Mode.FORBIDDEN), pytest.raises(Refusal):
            sign(faulty.signer(), SIGNED)
    assert stand_in.token not in caplog.text


def _tls_nonsense() -> str:
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with server, server.accept()[0] as connection:
            connection.recv(1024)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    return f"https://127.0.0.1:{server.getsockname()[1]}"
