"""The registry as a Python object: ``ModelRegistry``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aegis.proof.signing.signer import Signer
from aegis.sdk import registering, registering_addresses
from aegis.sdk.documents import Version
from aegis.sdk.progress import Watcher, unwatched
from aegis.sdk.registry.conversions import Conversions
from aegis.sdk.registry.evidence import Evidence
from aegis.sdk.registry.imports import Imports
from aegis.sdk.registry.promotions import Promotions


class ModelRegistry(Conversions, Evidence, Imports, Promotions):
    """A registry, as one person or service account sees it.

    ``url`` is its address (AEGIS_URL if left out, else http://127.0.0.1:8000; ``tracking_uri`` is
    another name for it), ``token`` an API token (AEGIS_TOKEN if left out). ``patience`` is for
    how many seconds a request is repeated while the registry is away or busy. ``keys`` are the
    public keys that signatures are checked with: a file of PEMs, or a saved keys.json; without it
    they are those that the registry publishes.

    Everything raises ``aegis.sdk.Refusal``, whose ``code``, ``sentence`` and ``mend`` are the
    registry's own. Use it in a ``with`` block, or ``close`` it.

    >>> registry = ModelRegistry("https://aegis.example.com")  # doctest: +SKIP
    >>> registry.register("models/best.onnx", "churn_predictor", version="2.1.0")  # doctest: +SKIP
    """

    def register(  # noqa: PLR0913 -- What a version is registered with, nearly all by name.
        self,
        model_path: str | Path,
        model_name: str,
        *,
        version: str | None = None,
        tags: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        facts: Mapping[str, Any] | None = None,
        description: str = "",
        team: str | None = None,
        sign_key: str | None = None,
        signer: Signer | None = None,
        new_version: bool = False,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Register a file, a folder or what lies in a bucket as the next version of a model.

        The model is made if there is none of the name; it then needs a ``team`` (also as the tag
        of that name) if you are in several. ``version`` is the version's label; without it it gets
        the next free patch label, 1.0.0 first. ``tags`` describe the model; those named
        ``framework`` and ``task`` also become facts of the version, beside ``facts``. ``metrics``
        are stated on the word of your token: shown as such, they pass no gate.

        Files are hashed while they are read and sent in parts. A break, or a killed program, costs
        at most one part: the same call goes on where the last one stopped. Bytes that the model
        has already give that version, with ``already_registered``, unless ``new_version``.

        An address ``s3://bucket/key``, or of a folder with a slash at its end, is fetched by the
        registry, from a bucket that its operator has named; see ``import_s3``. All else is the
        same, and nothing is registered if it is not there.

        With ``wait`` it returns once the version is ready, and raises ``Failed`` with the reason
        if it could not be imported; look at ``quarantined_at`` before you use it. Without, the
        version is ``pending``. ``sign_key`` names a key of the registry's list. With a ``signer``
        (``aegis.sdk.signing.vault_signer``, ``PemSigner``) the files are signed on this machine and
        the signature is sent with them; its key must be on that list, too. ``progress`` is called
        with ``Progress`` reports.
        """
        wish = registering.Wish(
            path=model_path,
            model=model_name,
            team=team,
            label=version,
            description=description,
            tags=dict(tags or {}),
            metrics=dict(metrics or {}),
            facts=dict(facts or {}),
            new_version=new_version,
            sign_key=sign_key,
            signer=signer,
        )
        is_elsewhere = registering_addresses.is_address(model_path)
        act = registering_addresses.register if is_elsewhere else registering.register
        return act(self._connection, wish, wait=wait, watcher=progress)
