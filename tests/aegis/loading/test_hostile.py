"""Models that do what they must not: the walls hold, and each gets a clear sentence."""

import json
import os
import pickle
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aegis.loading.bounds import Limits
from aegis.loading.flavours import recognise
from aegis.loading.refusals import LoadFailed, NoWalls
from aegis.loading.running import Ran, run

Load = Callable[..., Ran]
QUICK = Limits(seconds=60.0)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these walls are Linux's")


class Runs:
    """A pickle that runs code when it is loaded."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (self.code,)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    folder = tmp_path / "model"
    folder.mkdir()

    def loading(code: str, limits: Limits = QUICK, **options: Any) -> Ran:
        (folder / "model.pkl").write_bytes(pickle.dumps(Runs(code)))
        return run(folder, recognise(folder), limits=limits, **options)

    return loading


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def _nobody_came(server: socket.socket) -> bool:
    try:
        server.accept()
    except TimeoutError:
        return True
    return False


def test_a_model_that_opens_a_socket_is_refused(load: Load, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(LoadFailed) as refused:
        load(f"import socket; socket.create_connection(('127.0.0.1', {port}))")
    assert refused.value.code == "walled_off"
    assert refused.value.sentence.startswith(
        "It could not be loaded: it tried what no model needs and the walls refuse, "
        "such as the network"
    )
    assert _nobody_came(listener)


def test_a_model_that_hides_its_attempts_gets_no_further(
    load: Load, listener: socket.socket, tmp_path: Path
) -> None:
    port = listener.getsockname()[1]
    tmp_path.chmod(0o777)
    attempts = f"""
import contextlib, os, socket
with contextlib.suppress(OSError):
    socket.create_connection(("127.0.0.1", {port}))
with contextlib.suppress(OSError):
    open({str(tmp_path / "written")!r}, "w").write("x")
with contextlib.suppress(OSError):
    os.mkdir({str(tmp_path / "made")!r})
with contextlib.suppress(OSError):
    os.remove({str(tmp_path / "model" / "model.pkl")!r})
with contextlib.suppress(OSError):
    os.kill(os.getppid(), 9)
"""
    ran = load(attempts)
    assert (ran.kind, ran.predicts) == ("builtins.NoneType", False)
    assert _nobody_came(listener)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
    assert (tmp_path / "model" / "model.pkl").exists()


@pytest.mark.parametrize(
    "attack",
    [
        "import os; os.fork()",
        "import os; os.posix_spawn('/bin/true', ['true'], {})",
        "import subprocess; subprocess.run(['/bin/true'])",
        "open('/tmp/aegis-loading-canary', 'w')",
        "open('/etc/passwd').read()",
        "import os; os.listdir('/')",
        "import os; open(f'/proc/{os.getppid()}/environ').read()",
    ],
)
def test_programs_and_files_outside_are_refused(load: Load, attack: str) -> None:
    with pytest.raises(LoadFailed) as refused:
        load(attack)
    assert refused.value.code == "walled_off", refused.value.sentence
    assert not Path("/tmp/aegis-loading-canary").exists()


def test_no_credential_reaches_the_model(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AEGIS_TOKEN", "VAULT_TOKEN", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "canary-credential")
    with pytest.raises(LoadFailed) as refused:
        load("import json, os; raise ValueError(json.dumps(sorted(os.environ)))")
    names = json.loads(refused.value.sentence.partition("ValueError: ")[2])
    assert not [name for name in names if "TOKEN" in name or "SECRET" in name or "PROXY" in name]
    with pytest.raises(LoadFailed) as refused:
        load("import os; raise ValueError(str(os.environ))")
    assert "canary" not in refused.value.sentence


def test_no_open_file_of_ours_reaches_the_model(load: Load, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as kept:
        os.set_inheritable(kept.fileno(), True)
        with pytest.raises(LoadFailed) as refused:
            load(
                "import os; names = [os.readlink(f'/proc/self/fd/{n}') for n in range(64) "
                "if os.path.lexists(f'/proc/self/fd/{n}')]; raise ValueError(' '.join(names))"
            )
    assert "secret" not in refused.value.sentence


@pytest.mark.parametrize("how", ["import time; time.sleep(600)", "while True: pass"])
def test_a_model_that_hangs_is_ended(load: Load, how: str) -> None:
    with pytest.raises(LoadFailed) as refused:
        load(how, Limits(seconds=8.0))
    assert refused.value.code == "too_slow"
    assert refused.value.sentence == ("It could not be loaded: it was not done within 8 seconds.")


def test_a_model_that_eats_memory_is_ended(load: Load) -> None:
    with pytest.raises(LoadFailed) as refused:
        load("kept = [bytearray(2**28) for _ in range(1000)]", Limits(memory_bytes=2**31))
    assert refused.value.code == "too_much_memory"
    assert "more memory than 2.0 GiB" in refused.value.sentence


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("import os; os._exit(3)", "its process is gone, it ended with 3"),
        ("import os; os._exit(0)", "its process is gone, it ended"),
        ("import ctypes; ctypes.string_at(0)", "its process is gone, it crashed"),
    ],
)
def test_a_model_that_dies_says_how(load: Load, how: str, words: str) -> None:
    with pytest.raises(LoadFailed) as refused:
        load(how)
    assert refused.value.code == "child_died"
    assert words in refused.value.sentence


def test_a_model_that_exits_raised(load: Load) -> None:
    with pytest.raises(LoadFailed, match="SystemExit: 0"):
        load("raise SystemExit(0)")


def test_what_a_model_prints_goes_nowhere(load: Load, capfd: pytest.CaptureFixture[str]) -> None:
    load("import sys; print('x' * 20_000_000); sys.stderr.write('y' * 20_000_000)")
    assert capfd.readouterr() == ("", "")


DOOR = "import json, os, sys; door = int(sys.argv[1]); "


@pytest.mark.parametrize(
    "how",
    [
        "os.write(door, b'no json\\n')",
        "os.write(door, b'[]\\n')",
        "os.write(door, b'{}\\n')",
        'os.write(door, b\'{"kind": "x", "predicts": true, "tensors": 5}\\n\')',
        "\nwhile True: os.write(door, b'x' * 65536)",
    ],
)
def test_a_model_that_talks_through_the_door_is_not_believed(load: Load, how: str) -> None:
    with pytest.raises(LoadFailed) as refused:
        load(DOOR + how)
    assert refused.value.code == "child_nonsense"


def test_outputs_beyond_their_limit_and_false_ones_are_refused(load: Load) -> None:
    import numpy as np

    told = {"kind": "x", "predicts": True, "tensors": [], "seconds": 0, "notices": []}
    array = {"name": "y", "dtype": "<f8", "shape": [2**40], "bytes": 2**43}
    for change in ({}, {"bytes": 4}, {"bytes": -1}, {"dtype": "O", "bytes": 0}, {"shape": "x"}):
        outputs = {"outputs": [{**array, **change}], "seconds": 0, "notices": []}
        lines = f"{json.dumps(told)}\\n{json.dumps(outputs)}\\n" + "xxxx"
        code = f"{DOOR}os.write(door, {lines!r}.replace(chr(92) + 'n', chr(10)).encode())"
        with pytest.raises(LoadFailed) as refused:
            load(code, inputs={"input": np.ones(2)})
        assert refused.value.code == "child_nonsense"


def test_a_sentence_of_a_model_is_one_line_without_control_characters(load: Load) -> None:
    with pytest.raises(LoadFailed) as refused:
        load(r"raise ValueError('\x1b[2K\r all is well' + 'x' * 10_000)")
    assert refused.value.sentence.isprintable()
    assert len(refused.value.sentence) < 700


def test_without_walls_nothing_is_loaded_unless_it_is_said(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine where the network cannot be taken away, as this module sees it."""
    monkeypatch.setattr("aegis.loading.running._NO_NETWORK", frozenset({"a wall of another world"}))
    with pytest.raises(NoWalls) as refused:
        load("pass")
    assert "--allow-network" in (refused.value.mend or "")
    assert load("pass", allow_network=True).kind == "builtins.NoneType"
