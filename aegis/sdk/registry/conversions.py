"""Having the registry convert versions into others, and comparing both."""

from collections.abc import Mapping
from typing import Any

from aegis.sdk import importing
from aegis.sdk.documents import Version
from aegis.sdk.http import quoted
from aegis.sdk.progress import Watcher, unwatched
from aegis.sdk.registry.session import Session


class Conversions(Session):
    """Asking for conversions, and what is known of them."""

    def convert(  # noqa: PLR0913 -- What is wanted of a conversion, nearly all by name.
        self,
        model_name: str,
        ref: str | int,
        to: str,
        *,
        example: Any = None,
        version: str | None = None,
        sign_key: str | None = None,
        new_version: bool = False,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Have a version converted ``to`` a format, and return the version that came of it.

        ``to`` is ``skops``, ``onnx``, ``safetensors`` or the name of a converter. Both are compared
        with ``example``, JSON values as MLflow writes inputs, or with the input example among the
        files; ``conversions`` says what came out. What was converted so before is compared once
        more and returned with ``already_registered``, unless ``new_version``. ``version`` is the
        label. What ``wait`` and ``progress`` mean, and what is raised, is as in
        ``import_huggingface``.
        """
        chosen = {
            "input": example,
            "sign_key": sign_key,
            "new_version": new_version or None,
        }
        fields = {
            "to": to,
            "label": version,
            **{name: value for name, value in chosen.items() if value is not None},
        }
        asked = importing.ask_conversion(self._connection, model_name, ref, fields)
        return importing.see_through(self._connection, asked.number, wait=wait, watcher=progress)

    def conversions(self, model_name: str, ref: str | int) -> Mapping[str, Any]:
        """Return what a version was converted from and into, and what else it could be.

        ``origin`` and ``comparisons`` are those of one that was converted, ``derived`` what was
        converted from it, ``offers`` the converters that read its files, ``refusal`` why none may
        be asked for.
        """
        found: Mapping[str, Any] = self._connection.get(
            f"models/{quoted(model_name)}/versions/{quoted(str(ref))}/conversions/"
        )
        return found
