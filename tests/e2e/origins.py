"""Imports from a hub in each state that one may stand in, for whoever looks at their pages."""

import threading
from dataclasses import dataclass
from typing import Final

import pytest

from aegis.sdk import ModelRegistry, Refusal
from tests.e2e.command import token_of
from tests.harness.stack import RunningStack
from tests.registry import making
from tests.servers.answering import Answering
from tests.servers.hub import Hub

CARD: Final = b"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-classification
tags: [finance, a-tag-that-is-long-enough-to-be-wrapped-on-a-telephone]
model-index:
- name: tiny
  results:
  - task: {type: text-classification}
    dataset: {name: letters, type: letters}
    metrics: [{type: accuracy, value: 0.91}]
---
# Tiny

Sorts letters.
"""
FILES: Final = {
    ".gitattributes": b"*.bin filter=lfs\n",
    "README.md": CARD,
    "config.json": b'{"architectures": ["TinyForSequenceClassification"]}',
    "a/folder/with-a-name/that-is-long/enough-to-be-wrapped-on-a-telephone.json": b"{}",
}
SECRET: Final = b'{"token": "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"}'
LARGE: Final = 8 * 1024**2
EACH: Final = 4 * 1024
"""Bytes a second: less than 64 KiB a minute is given up, and the half lasts for 17 minutes."""
NAMES: Final = {name: f"{name}-from-hub" for name in ("planned", "running", "failed", "done")}


@dataclass
class Trickle:
    """A hub that sends a large file a little at a time, for as long as the stack runs."""

    content: bytes
    ends: threading.Event

    def __call__(self, request: Answering) -> bool:
        request.head(200, content_length=str(len(self.content)), etag='"trickle"')
        half = len(self.content) // 2
        request.wfile.write(self.content[:half])
        for begin in range(half, len(self.content), EACH):
            if self.ends.wait(1):
                break
            request.wfile.write(self.content[begin : begin + EACH])
        request.hang_up()
        return True


def import_all(stack: RunningStack, hub: Hub, ends: threading.Event) -> None:
    """Have mina import a repository into each state: looked up, running, failed, done."""
    large = making.weights(bytes(LARGE))
    wanted = {
        "planned": FILES,
        "running": {**FILES, "model.safetensors": large},
        "failed": {**FILES, "settings.json": SECRET},
        "done": FILES,
    }
    for name, files in wanted.items():
        hub.repository(f"acme/{name}", dict(files))
    hub.fail("Signature=", Trickle(large, ends))
    with ModelRegistry(stack.url, token_of(stack, "mina")) as registry:
        reference = {"repo": "acme/planned", "include": ["*"]}
        registry.plan_import(
            "huggingface", reference, NAMES["planned"], team="growth", convert="skops", keep=True
        )
        registry.import_huggingface("acme/running", NAMES["running"], team="growth", wait=False)
        registry.import_huggingface("acme/done", NAMES["done"], team="growth", convert="onnx")
        with pytest.raises(Refusal, match="secret"):
            registry.import_huggingface("acme/failed", NAMES["failed"], team="growth")
