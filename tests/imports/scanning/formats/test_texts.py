import json

import pytest

from imports.scanning.formats import json_documents, json_stream
from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import BLOCKED, codes, is_dangerous, scan

MLMODEL = b"""artifact_path: model
flavors:
  python_function:
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: mlflow.sklearn
    model_path: model.pkl
  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle}
utc_time_created: '2026-01-01 10:00:00'
"""
README = b"""---
license: apache-2.0
---
# A model

```python
import os
os.system("echo no code of the model")
```
"""


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.txt", b""),
        ("README.md", README),
        ("LICENSE", b"Apache License\n\nVersion 2.0, January 2004\n"),
        ("requirements.txt", b"scikit-learn==1.7.0\nnumpy>=2\n"),
        ("one.txt", b"numpy\n"),
        ("conda.yaml", b"name: env\ndependencies:\n- python=3.11\n- pip:\n  - numpy==2.0\n"),
        ("python_env.yaml", b"python: 3.11.7\nbuild_dependencies: [pip==24]\n"),
        ("MLmodel", MLMODEL),
        ("table.csv", b"a,b\n1,2\n"),
        ("vocab.txt", b"[PAD]\n[UNK]\nthe\n"),
        ("merges.txt", b"#version: 0.2\nt h\nth e\n"),
        ("pyproject.toml", b"[project]\nname = 'x'\n"),
        ("settings.toml", b"[[tool]]\nname = 'x'\n"),
        ("config.json", b'{"architectures": ["T5"], "d_model": 512, "x": NaN}'),
        (
            "tokenizer.json",
            b'{"model": {"vocab": {"\\u0000": 0, "a": 1}}, "max": 1' + b"0" * 30 + b"}",
        ),
        ("data.jsonl", b'{"a": 1}\n{"a": 2}\n\n'),
        ("report.html", b"<!doctype html><html><body><p>Fine</p></body></html>"),
        ("model.pmml", b'<?xml version="1.0"?><PMML version="4.4"><Header/></PMML>'),
        ("icon.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'),
        ("__init__.py", b"\n"),
        ("terminal.log", b"\x1b[1mEpoch 1\x1b[0m\r\n"),
        (".gitattributes", b"*.bin filter=lfs diff=lfs merge=lfs -text\n"),
    ],
)
def test_what_comes_with_a_model_is_data(name: str, data: bytes) -> None:
    found = scan(data, name)

    assert (found.verdict, found.findings) == (Verdict.DATA, ())


@pytest.mark.parametrize(
    ("code", "name", "data"),
    [
        ("json_duplicate_key", "config.json", b'{"a": 1, "a": 2}'),
        ("json_malformed", "config.json", b'{"a": 1'),
        ("json_malformed", "config.json", b'{"a": 1}{"b": 2}'),
        ("json_malformed", "config.json", b"{'a': 1}"),
        ("json_malformed", "config.json", b"plain words"),
        ("json_malformed", "config.json", b" " * 9_000 + b"{"),
        ("json_too_deep", "config.json", b"[" * 100_000 + b"]" * 100_000),
        ("json_too_deep", "config.json", b'{"a":' * 300 + b"1" + b"}" * 300),
        ("json_malformed", "data.jsonl", b'{"a": 1}\n{"a"\n'),
        ("yaml_malformed", "conda.yaml", b"a: [1"),
        ("yaml_malformed", "conda.yaml", b"a: b: c"),
        ("yaml_too_deep", "conda.yaml", b"[" * 200 + b"]" * 200),
        ("yaml_too_deep", "conda.yaml", b"a: &a 1\nb: [" + b"*a," * 2_000 + b"1]"),
        ("yaml_merges", "conda.yaml", b"a: &a {x: 1}\n" + b"".join(
            b"b%d: {<<: [*a, *a]}\n" % number for number in range(20))),
        ("yaml_tag_unknown", "conda.yaml", b"a: !ENV ${HOME}"),
        ("xml_document_type", "model.pmml",
         b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://x/"><PMML/>'),
        ("xml_document_type", "model.pmml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        ("xml_malformed", "model.pmml", b"<PMML><a></PMML>"),
        ("xml_malformed", "model.xml", b"<?xml version='1.0' encoding='utf-7'?><a/>"),
        ("nested_too_deep", "model.xml", b"<?xml version='1.0'?>" + b"<a>" * 5_000),
        ("git_lfs_pointer", "model.safetensors",
         b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
        ("extension_mismatch", "model.safetensors", b"just words\n"),
        ("extension_mismatch", "weights.h5", b"just words\n"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_trusted_blocks(code: str, name: str, data: bytes) -> None:
    found = scan(data, name)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert code in codes(found)


@pytest.mark.parametrize(
    ("code", "name", "data"),
    [
        ("code_file", "modeling.py", b"x = 1\n"),
        ("code_file", "modeling.py", b" " * 9_000 + b"\nimport os\n"),
        ("code_file", "modeling.py", b"# -*- coding: latin-1 -*-\nimport os # \xff\n"),
        ("code_file", "modeling.py", b"ID3 = 1 # -*- coding: latin-1 -*-\nimport os # \xff\n"),
        ("code_file", "notes.txt", b"import os\nos.system('id')\n"),
        ("code_file", "notes.txt", b"# " + b"x" * 9_000 + b"\nimport os\n"),
        ("code_file", "notes.txt", b"__import__('os').system('id')"),
        ("code_file", "data", b"ID3 = __import__('os').system('id')\n"),
        ("code_file", "run", b"#!/bin/sh\nrm -rf /\n"),
        ("code_file", "install.ps1", b"Invoke-WebRequest x"),
        ("code_file", "notebook.ipynb",
         b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["1"]}]}'),
        ("script", "icon.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
        ("script", "icon.svg", b'<svg onload="alert(1)"/>'),
        ("script", "icon.svg",
         b'<svg xmlns:x="http://www.w3.org/1999/xlink"><a x:href="javascript:1"/></svg>'),
        ("script", "icon.svg", b"<!-- x --><svg><script/></svg>"),
        ("script", "report.html", b"<!DOCTYPE html><html><script>1</script></html>"),
        ("script", "report.html", b"<p onclick = 'x'>"),
        ("script", "report.html", b"<svg/onload=alert(1)>"),
        ("script", "report.html", b"<a href='java&#115;cript:alert(1)'>x</a>"),
        ("script", "report.html", b"<meta http-equiv='refresh' content='0;url=//x'>"),
        ("imported_module", "modules.json", b'[{"idx": 0, "path": "", "type": "ours.Pooling"}]'),
        ("remote_code_elsewhere", "config.json",
         b'{"auto_map": {"AutoModel": "someone/else--modeling.Model"}}'),
        ("mlflow_loader", "MLmodel", MLMODEL.replace(b"mlflow.sklearn", b"our_loader")),
        ("hydra_target", "model.yaml", b"model: {_target_: our.package.Model}"),
    ],
)  # fmt: skip
def test_code_and_what_brings_it_is_unsafe_and_can_be_waived(
    code: str, name: str, data: bytes
) -> None:
    found = scan(data, name)

    assert found.verdict is Verdict.UNSAFE
    assert code in codes(found)
    assert not is_dangerous(found)


@pytest.mark.parametrize(
    ("code", "name", "data"),
    [
        ("yaml_python_tag", "conda.yaml", b"!!python/object/apply:os.system ['id']"),
        ("yaml_python_tag", "conda.yaml", b"a: !!python/name:os.system"),
        ("yaml_python_tag", "conda.yaml", b"a: !<tag:yaml.org,2002:python/object/new:x> []"),
        (
            "yaml_python_tag",
            "conda.yaml",
            b"%TAG ! tag:yaml.org,2002:python/\n---\n!name:os.system ''",
        ),
        ("yaml_python_tag", "conda.yaml", b"a: !!%70ython/name:os.system ''"),
        ("yaml_python_tag", "notes.txt", b"a: !!python/object/apply:os.system ['id']"),
        ("yaml_python_tag", "notes.txt", b"a: !!%70ython/object/apply:os.system ['id']"),
        ("yaml_python_tag", "page.pdf", b"%PDF-1.4\n---\n!!python/object/apply:os.system ['id']"),
        ("mlflow_loader", "MLmodel", MLMODEL.replace(b"mlflow.sklearn", b"os")),
        ("hydra_target", "config.yaml", b"x: {_target_: os.system, _args_: [id]}"),
        ("hydra_target", "config.json", b'{"a": [{"_target_": "builtins.eval"}]}'),
        ("jsonpickle", "config.json", b'{"py/reduce": [{"py/function": "os.system"}]}'),
        ("imported_module", "modules.json", b'[{"idx": 0, "path": "", "type": "os.path.join"}]'),
        (
            "imported_module",
            "model_index.json",
            b'{"_diffusers_version": "0.3", "unet": ["subprocess", "Popen"]}',
        ),
        ("jsonpickle", "config.json", b'{"py/object": "subprocess.Popen"}'),
    ],
)
def test_instructions_to_call_something_are_dangerous(code: str, name: str, data: bytes) -> None:
    found = scan(data, name)

    assert found.verdict is Verdict.UNSAFE
    assert code in codes(found)
    assert is_dangerous(found)


def test_code_that_a_configuration_names_is_told() -> None:
    data = b'{"auto_map": {"AutoModel": "modeling.Model"}, "trust_remote_code": true}'

    found = scan(data, "config.json")

    assert (found.verdict, codes(found)) == (Verdict.DATA, {"remote_code"})


def test_a_tag_of_python_that_a_readme_shows_is_text() -> None:
    data = b"# Unsafe YAML\n\n- [x] Never load `!!python/object/apply:os.system`: it runs.\n"

    assert scan(data, "README.md").verdict is Verdict.DATA


@pytest.fixture
def small_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every document as a stream, as those that are too large are."""
    monkeypatch.setattr(json_documents, "_LARGEST", 0)
    # Small chunks put many of their ends into numbers, texts and marks.
    monkeypatch.setattr(json_stream, "_CHUNK", 1_000)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": [1, 2.5, -3e10], "b": {"c": null, "d": [[], {}]}, "e": "\\u00e9"}',
        b"[]",
        b'"text"',
        b"[" + b",".join(b"%d.5" % number for number in range(30_000)) + b"]",
        json.dumps({"weights": list(range(10_000)), "names": ["x"] * 1_000}, indent=1).encode(),
    ],
)
def test_a_large_document_is_read_as_a_stream(small_documents: None, data: bytes) -> None:
    assert scan(data, "model.json").verdict is Verdict.DATA


@pytest.mark.parametrize(
    "data",
    [
        b"[1, 2", b"[1 2]", b"[1,]", b"{1: 2}", b'{"a": 1, "a": 2}', b'{"a": 1, 2}', b'{"a", 1}',
        b"[" * 1_000 + b"]" * 1_000, b'{"a": [}]', b"[1]]", b"[1] [2]", b'["\\x"]', b"[01]",
        b'{"class_name": "Lambda"}', b'{"cl\\u0061ss_name": 1}', b'{"_target_": "x"}', b'"open',
    ],
)  # fmt: skip
def test_a_large_document_that_is_broken_or_acts_blocks(small_documents: None, data: bytes) -> None:
    assert scan(data, "model.json").verdict in BLOCKED


ALIASES = b"".join(
    b"a%d: &a%d [%s]\n" % (number, number, b", ".join([b"*a%d" % (number - 1)] * 9))
    for number in range(1, 12)
)


@pytest.mark.parametrize(
    "data",
    [
        b"a0: &a0 [x]\n" + ALIASES + b"_target_: *a11\n",
        b"a0: &a0 [x]\n" + ALIASES + b"flavors: {x: {loader_module: *a11}}\n",
        b"auto_map: &a [*a, x--y.Z]\n",
        b"chat_template: &a [*a, '{{ x.__class__ }}']\n",
    ],
)
def test_aliases_that_multiply_or_lead_to_themselves_hold_nothing_up(data: bytes) -> None:
    assert scan(data, "config.yaml").verdict is Verdict.UNSAFE


def test_long_keys_over_many_objects_fill_no_memory() -> None:
    data = json.dumps({"k" * 1_000_000: [{} for _ in range(100_000)]}).encode()

    assert scan(data, "config.json").verdict is Verdict.DATA
