"""The vectors are those of the Certificate Transparency reference implementations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aegis.audit import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
HEADS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_tree_heads_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle.tree_head(HASHES[:size]).hex() == HEADS[size]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_inclusion_proofs_are_those_of_certificate_transparency(
    index: int, size: int, proof: list[str]
) -> None:
    assert [node.hex() for node in merkle.inclusion_proof(index, HASHES[:size])] == proof


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_consistency_proofs_are_those_of_certificate_transparency(
    old: int, new: int, proof: list[str]
) -> None:
    assert [node.hex() for node in merkle.consistency_proof(old, HASHES[:new])] == proof


_TREES = st.integers(1, 70).map(lambda n: [merkle.leaf_hash(bytes([i])) for i in range(n)])


@given(_TREES, st.data())
def test_every_inclusion_proof_holds_and_no_changed_one_does(
    hashes: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    head, proof = merkle.tree_head(hashes), merkle.inclusion_proof(index, hashes)
    leaf = hashes[index]
    assert merkle.is_included(index, len(hashes), leaf, proof, head)
    assert not merkle.is_included(index, len(hashes), bytes(32), proof, head)
    assert not merkle.is_included(index, len(hashes), leaf, [*proof, head], head)
    assert not merkle.is_included(index, len(hashes), leaf, proof, bytes(32))
    assert not merkle.is_included(len(hashes), len(hashes), leaf, proof, head)
    if proof:
        assert not merkle.is_included(index, len(hashes), leaf, proof[:-1], head)
        assert not merkle.is_included(index, len(hashes), leaf, [bytes(32), *proof[1:]], head)


@given(_TREES, st.data())
def test_every_consistency_proof_holds_and_no_changed_one_does(
    hashes: list[bytes], data: st.DataObject
) -> None:
    size = len(hashes)
    old = data.draw(st.integers(1, size))
    old_head, head = merkle.tree_head(hashes[:old]), merkle.tree_head(hashes)
    proof = merkle.consistency_proof(old, hashes)
    assert merkle.is_consistent(old, size, old_head, head, proof)
    assert not merkle.is_consistent(old, size, bytes(32), head, proof)
    assert not merkle.is_consistent(old, size, old_head, bytes(32), proof)
    assert not merkle.is_consistent(old, size, old_head, head, [*proof, head])
    assert not merkle.is_consistent(0, size, old_head, head, proof)
    assert not merkle.is_consistent(size + 1, size, old_head, head, proof)
    if proof:
        assert not merkle.is_consistent(old, size, old_head, head, proof[:-1])
        assert not merkle.is_consistent(old, size, old_head, head, [bytes(32), *proof[1:]])


def test_a_history_that_was_rewritten_has_no_proof() -> None:
    other = [*HASHES[:2], merkle.leaf_hash(b"other"), *HASHES[3:]]
    proof = merkle.consistency_proof(4, other)
    old_head = merkle.tree_head(HASHES[:4])
    assert not merkle.is_consistent(4, 8, old_head, merkle.tree_head(other), proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(index, HASHES[:size])


@pytest.mark.parametrize("old", [0, 4])
def test_there_is_no_proof_from_an_empty_or_a_larger_tree(old: int) -> None:
    with pytest.raises(ValueError, match="no smaller tree"):
        merkle.consistency_proof(old, HASHES[:3])
