"""The Merkle tree of RFC 6962 (section 2.1): heads, and proofs of inclusion and consistency.

Leaves are given as their bytes; hashes are raw SHA-256. The proofs are verified as RFC 9162
(sections 2.1.3.2 and 2.1.4.2) says.
"""

import hashlib
from collections.abc import Sequence


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + data).digest()


def tree_head(hashes: Sequence[bytes]) -> bytes:
    """Return the head of the tree over these leaf hashes."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = _split(len(hashes))
    return _node(tree_head(hashes[:split]), tree_head(hashes[split:]))


def inclusion_proof(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Return the audit path of leaf ``index`` in the tree over these leaf hashes."""
    if not 0 <= index < len(hashes):
        raise ValueError(f"There is no leaf {index} among {len(hashes)}.")
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*inclusion_proof(index, hashes[:split]), tree_head(hashes[split:])]
    return [*inclusion_proof(index - split, hashes[split:]), tree_head(hashes[:split])]


def consistency_proof(old_size: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Return the proof that the tree over the first ``old_size`` leaves only grew into this one."""
    if not 0 < old_size <= len(hashes):
        raise ValueError(f"There is no smaller tree of {old_size} among {len(hashes)} leaves.")
    return _subproof(old_size, hashes, is_whole=True)


def is_included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], head: bytes) -> bool:
    """Say whether ``proof`` shows that the hash ``leaf`` is at ``index`` under ``head``."""
    if not 0 <= index < size:
        return False
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = _node(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = _node(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and current == head


def is_consistent(
    old_size: int, new_size: int, old_head: bytes, new_head: bytes, proof: Sequence[bytes]
) -> bool:
    """Say whether ``proof`` shows that the tree of ``old_head`` only grew into the new one."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_head == new_head
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_head)
    if not path:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old, new = path[0], path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = _node(sibling, old), _node(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = _node(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and (old, new) == (old_head, new_head)


def _subproof(old_size: int, hashes: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    if old_size == len(hashes):
        return [] if is_whole else [tree_head(hashes)]
    split = _split(len(hashes))
    if old_size <= split:
        rest = tree_head(hashes[split:])
        return [*_subproof(old_size, hashes[:split], is_whole=is_whole), rest]
    left = tree_head(hashes[:split])
    return [*_subproof(old_size - split, hashes[split:], is_whole=False), left]


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
