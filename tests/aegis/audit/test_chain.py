import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from aegis.audit import chain


def _log(count: int) -> list[chain.Entry]:
    entries = []
    previous = chain.GENESIS
    for seq in range(1, count + 1):
        body = chain.canonical({"seq": seq, "action": "version.registered", "at": "é"})
        entries.append(chain.Entry(seq, body, previous, chain.entry_hash(previous, body)))
        previous = entries[-1].hash
    return entries


def test_an_entry_is_canonical_json() -> None:
    assert chain.canonical({"b": 1, "a": "é", "c": [1.0]}) == '{"a":"é","b":1,"c":[1]}'.encode()


def test_the_hash_covers_the_hash_before_and_the_body() -> None:
    body = b'{"a":1}'
    assert chain.entry_hash(chain.GENESIS, body) == hashlib.sha256(bytes(32) + body).digest()


def test_a_whole_chain_holds() -> None:
    log = _log(5)
    assert chain.check(log) == chain.ChainCheck(5, log[-1].hash, None)
    assert chain.check([]) == chain.ChainCheck(0, chain.GENESIS, None)


def test_a_chain_can_be_checked_from_a_known_entry_on() -> None:
    log = _log(5)
    assert chain.check(log[2:], after_seq=2, after_hash=log[1].hash).bad is None
    wrong = chain.check(log[2:], after_seq=2, after_hash=log[0].hash)
    assert wrong.bad is not None
    assert wrong.bad.seq == 3


def _rewritten(log: list[chain.Entry]) -> list[chain.Entry]:
    """Change entry 3 and mend all hashes after it, as somebody with the owner's role could."""
    entries = log[:2]
    for entry in log[2:]:
        body = entry.body.replace(b'"seq":3', b'"seq":9')
        previous = entries[-1].hash
        entries.append(chain.Entry(entry.seq, body, previous, chain.entry_hash(previous, body)))
    return entries


@pytest.mark.parametrize(
    ("change", "seq", "words"),
    [
        (lambda log: log[1:], 1, "missing"),
        (lambda log: [*log[:2], *log[3:]], 3, "missing"),
        (lambda log: [log[0], log[2], log[1], *log[3:]], 2, "missing"),
        (lambda log: [*log[:2], log[1], *log[2:]], 3, "missing"),
        (lambda log: [*log[:2], replace(log[2], body=b'{"x":1}'), *log[3:]], 3, "of its body"),
        (lambda log: [*log[:2], replace(log[2], hash=bytes(32)), *log[3:]], 3, "of its body"),
        (lambda log: [*log[:2], replace(log[2], previous_hash=bytes(32))], 3, "entry before"),
    ],
)
def test_the_first_bad_entry_is_named(
    change: Callable[[list[chain.Entry]], list[chain.Entry]], seq: int, words: str
) -> None:
    found = chain.check(change(_log(5)))
    assert found.bad is not None
    assert found.bad.seq == seq
    assert words in found.bad.reason
    assert found.seq == seq - 1


@pytest.mark.parametrize("body", [b'{"b":1,"a":2}', b'{"a": 1}', b"no json", b'{"a":NaN}', b"\xff"])
def test_a_body_that_is_not_canonical_is_named_although_its_hash_holds(body: bytes) -> None:
    entry = chain.Entry(1, body, chain.GENESIS, chain.entry_hash(chain.GENESIS, body))
    found = chain.check([entry])
    assert found.bad == chain.BadEntry(1, "its body is not canonical JSON")


def test_a_mended_rewrite_is_seen_by_whoever_kept_an_older_hash() -> None:
    log = _log(5)
    rewritten = _rewritten(log)
    assert chain.check(rewritten).bad is None
    assert chain.check(rewritten).hash != log[-1].hash


def test_a_salted_digest_proves_its_text_and_no_other() -> None:
    digest = chain.salted_digest("because the report says so")
    assert len(bytes.fromhex(digest.salt)) == 16
    assert chain.is_digest_of("because the report says so", digest)
    assert not chain.is_digest_of("because the report says no", digest)
    assert chain.salted_digest("because the report says so") != digest
