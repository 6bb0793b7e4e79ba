"""``aegis check-load``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aegis.cli.changes import ReadBack, print_change
from aegis.cli.exits import Exit
from aegis.cli.options import Json, Keys, Named, Url, registry, split
from aegis.cli.output import bars, print_json, tell
from aegis.problems import Invalid
from aegis.sdk import ModelRegistry

if TYPE_CHECKING:
    from aegis.sdk.load_checks import LoadCheck

TAG = "load_checked"


def check_load(
    named: Named,
    input_: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="What it predicts from: CSV, JSON, NPY, NPZ, safetensors or Parquet."
            " Without it: the input example that MLflow saved with the model.",
        ),
    ] = None,
    expected: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What it should predict. Without it: it predicts twice, and both are compared.",
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="The model among its files, where several may be it."),
    ] = None,
    rtol: Annotated[
        float,
        typer.Option(
            metavar="NUMBER", help="How far a value may be off, as a share of the expected one."
        ),
    ] = 1e-5,
    atol: Annotated[
        float, typer.Option(metavar="NUMBER", help="How far a value may be off besides.")
    ] = 1e-8,
    seconds: Annotated[
        float, typer.Option(metavar="NUMBER", help="How long loading and predicting may take.")
    ] = 300,
    memory: Annotated[
        float | None,
        typer.Option(
            metavar="GIB",
            help="How much memory it may take. Without it: 4 GiB, 8 with PyTorch, and three times"
            " its files.",
        ),
    ] = None,
    allow_network: Annotated[
        bool,
        typer.Option(
            "--allow-network",
            help="Load it also where the network cannot be taken from a process.",
        ),
    ] = False,
    post: Annotated[
        bool, typer.Option("--post", help="Attach the report to the version as evidence.")
    ] = False,
    claim: Annotated[
        bool,
        typer.Option("--claim", help=f"With --post: also add the tag {TAG}, if it passed."),
    ] = False,
    key: Keys = None,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Check that a version can be loaded, in a process without network, and what it predicts.

    It is downloaded and verified first. Ends with 1 where it cannot be loaded, where a library is
    missing (it says what to install), or where the outputs differ. Loading runs what is in a
    pickle: behind walls, on this machine.
    """
    if claim and not post:
        raise Invalid("claim_without_post", "--claim needs --post: evidence carries the tag.")
    name, ref = split(named)
    with registry(url, keys=key) as there:
        with bars(quiet=as_json) as progress:
            found = there.check_load(
                name,
                ref,
                input=input_,
                expected=expected,
                file=file,
                rtol=rtol,
                atol=atol,
                seconds=seconds,
                memory_gib=memory,
                allow_network=allow_network,
                post=post,
                progress=progress,
            )
        tag = _claimed(there, found) if claim and found.passed else None
        if as_json:
            print_json({"report": found.report, "evidence": found.evidence, "tag": tag})
        else:
            tell(*_lines(found))
            if found.evidence:
                _say_what_changed(there, found, tag)
    return Exit.DONE if found.passed else Exit.FAILED


def _claimed(there: ModelRegistry, found: "LoadCheck") -> Mapping[str, Any]:
    assert found.evidence is not None
    of = found.version
    return there.claim_tag(of.model, of.number, TAG, evidence=found.evidence["id"])


def _lines(found: "LoadCheck") -> Iterator[str]:
    report = found.report
    flavour = report["flavour"]
    yield f"{found.version.name}: {flavour['title']}, {flavour['path']}"
    if loaded := report.get("loaded"):
        yield f"Loaded     {loaded['kind']}, in {loaded['seconds']:.1f} s"
        if "tensors" in loaded:
            yield f"Tensors    {loaded['tensors']:,}, {loaded['tensor_bytes']:,} bytes"
        yield from (f"Notice     {notice}" for notice in loaded.get("notices", ()))
    if prediction := report.get("prediction"):
        given = prediction["input"]
        whose = ", which came with it" if "came_with_the_model" in given else ""
        yield f"Input      {given['name']}{whose}"
        for output in prediction["outputs"]:
            shape = "×".join(map(str, output["shape"])) or "one value"
            yield f"Output     {output['name']}: {output['dtype']}, {shape}, {output['sha256']}"
    packages = report["environment"]["packages"].items()
    versions = ", ".join(f"{name} {version}" for name, version in packages)
    yield f"With       Python {report['environment']['python']}, {versions}"
    yield f"{'ok  ' if found.passed else 'FAIL'}  {found.reason}"


def _say_what_changed(
    there: ModelRegistry, found: "LoadCheck", tag: Mapping[str, Any] | None
) -> None:
    of, evidence = found.version, found.evidence
    assert evidence is not None
    said = there.evidence_of(of.model, of.number, evidence["id"])
    is_same = (said["sha256"], said["outcome"]) == (evidence["sha256"], found.report["outcome"])
    print_change(
        plan=[f"Attach the report to {of.name} as evidence of its load check"],
        changes=[
            f"Evidence {evidence['id']}, {evidence['size']:,} bytes",
            *([f"Tag {TAG}"] if tag else []),
        ],
        verification=[
            ReadBack(is_same, f"the evidence is there, with the outcome {said['outcome']}")
        ],
        rollback="None: evidence stays. A later load check stands beside it.",
        summary=f"{of.name}: {said['findings']['reason']}",
    )
