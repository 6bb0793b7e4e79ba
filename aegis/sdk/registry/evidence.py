"""Evidence of versions: attached with its file, and the checks that make some."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aegis.loading.protocol import require
from aegis.problems import NotFound
from aegis.sdk.http import quoted
from aegis.sdk.progress import Watcher, unwatched
from aegis.sdk.registry.addresses import version_at
from aegis.sdk.registry.copies import Copies

if TYPE_CHECKING:
    from aegis.sdk.load_checks import LoadCheck


class Evidence(Copies):
    """What shows that a version does what it should."""

    def attach_evidence(
        self, model_name: str, ref: str | int, *, kind: str, title: str, file: str | Path
    ) -> Mapping[str, Any]:
        """Attach a copy of a file to a version as evidence of a ``kind``, and return the evidence.

        Its ``outcome`` is what the kind's rule reads from the file, or ``unattested`` until a
        person who did not attach it says what it shows.
        """
        place = Path(file)
        if not place.is_file():
            raise NotFound("file_not_found", f"There is no file {place}.")
        return self._attach(model_name, ref, kind, title, place.name, place.read_bytes())

    def evidence_of(self, model_name: str, ref: str | int, key: str) -> Mapping[str, Any]:
        """Return a piece of evidence of a version, by its id."""
        found: Mapping[str, Any] = self._connection.get(
            f"{version_at(model_name, ref, 'evidence')}{quoted(key)}/"
        )
        return found

    def claim_tag(
        self, model_name: str, ref: str | int, name: str, *, evidence: str | None = None
    ) -> Mapping[str, Any]:
        """Add a compliance tag, carried by passing ``evidence``; the latest if left out."""
        fields = {"name": name} if evidence is None else {"name": name, "evidence": evidence}
        address = version_at(model_name, ref, "compliance-tags")
        made: Mapping[str, Any] = self._connection.send("POST", address, fields)
        return made

    def check_load(  # noqa: PLR0913 -- What is checked with, nearly all by name.
        self,
        model_name: str,
        ref: str | int = "latest",
        *,
        input: str | Path | None = None,  # noqa: A002 -- The word of the command.
        expected: str | Path | None = None,
        file: str | None = None,
        rtol: float = 1e-5,
        atol: float = 1e-8,
        seconds: float = 300.0,
        memory_gib: float | None = None,
        allow_network: bool = False,
        post: bool = False,
        progress: Watcher = unwatched,
    ) -> "LoadCheck":
        """Fetch a version, verify it, load it in a process without network, and let it predict.

        It predicts from ``input`` (CSV, JSON, NPY, NPZ, safetensors, Parquet), else from the input
        example that MLflow saved with it. The outputs are compared with those of ``expected``
        within ``rtol`` and ``atol``, else with those of a second run. ``file`` names the model
        among the version's files where several may be it. ``seconds`` and ``memory_gib`` are what
        loading may take; ``allow_network`` loads it also on a machine where the network cannot be
        taken from a process.

        Returns a ``LoadCheck`` with its ``report``, also of a model that cannot be loaded:
        ``passed`` says whether it could. With ``post`` the report is attached to the version as
        evidence ``load_check``, on the word of whoever bears the token. Raises ``Missing`` where a
        library is to be installed, ``Unrecognised`` where no file is a model, and whatever
        ``download`` raises. It needs the extra ``aegis-registry[convert]``.
        """
        require(("numpy",), title="Loading models")
        from aegis.sdk import load_checks  # noqa: PLC0415 -- All else works without NumPy.

        wish = load_checks.Wish(
            input=Path(input) if input is not None else None,
            expected=Path(expected) if expected is not None else None,
            file=file,
            rtol=rtol,
            atol=atol,
            seconds=seconds,
            memory_gib=memory_gib,
            allow_network=allow_network,
        )
        wish.refuse_nonsense()
        with tempfile.TemporaryDirectory(prefix="aegis-check-load-") as place:
            version = self.show(model_name, ref)
            folder = Path(place) / "model"
            self.download(version.model, version.number, to=folder, progress=progress)
            checked = load_checks.check(folder, version, wish)
        if not post:
            return checked
        return replace(checked, evidence=self._post(checked))

    def _post(self, checked: "LoadCheck") -> Mapping[str, Any]:
        of = checked.version
        title = f"Load check of {of.name} as {checked.report['flavour']['name']}"
        data = json.dumps(checked.report, indent=2, ensure_ascii=False).encode()
        return self._attach(of.model, of.number, "load_check", title, "load-check.json", data)

    def _attach(
        self, model_name: str, ref: str | int, kind: str, title: str, name: str, data: bytes
    ) -> Mapping[str, Any]:
        answer = self._connection.ask(
            "POST",
            version_at(model_name, ref, "evidence"),
            # Under a key, so that a broken connection does not attach it twice.
            headers={"Idempotency-Key": f"evidence-{uuid4().hex}"},
            data={"kind": kind, "title": title},
            files={"file": (name, data)},
        )
        made: Mapping[str, Any] = answer.json()
        return made
