"""Asking for the conversion of a version: a job that brings its derived version in."""

import json
from typing import Any, Final

import rfc8785

from aegis.accounts.models import User
from aegis.audit.recording import verb
from aegis.keys import new_key
from aegis.problems import Invalid
from imports.asking import Wish, ask_import
from imports.converting import rooms
from imports.converting.known import check_wanted, chosen
from imports.converting.originals import files_to_convert, why_not_convert
from imports.models import Import
from registry.locks import lock_version
from registry.models import ModelVersion
from registry.permissions import CONTRIBUTE, require

LONGEST_INPUT: Final = 1024 * 1024
"""Bytes of JSON that may be given to compare both versions with."""
SOURCE: Final = ModelVersion.Source.CONVERSION


@verb
def ask_conversion(
    version: ModelVersion,
    *,
    actor: User,
    to: str,
    example: Any = None,
    wish: Wish | None = None,
) -> Import:
    """Have ``version`` converted ``to`` a format, or by the converter of that name.

    A worker converts it, compares both with ``example``, JSON as MLflow writes inputs, or with the
    input example among the files, and registers what came of it as a version of its own. Asked for
    again, it gives the version that is there and compares it once more.
    """
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    if refusal := why_not_convert(version):
        raise refusal
    found = chosen(check_wanted(to), files_to_convert(version))
    key = new_key()
    document = check_example(example)
    if document is not None:
        rooms.keep_input(key, document)
    wish = wish or Wish()
    reference = {
        "version": str(version.pk),
        "number": version.number,
        "to": found.converter.writes,
        "converter": found.converter.name,
        "room": str(key),
        "has_input": document is not None,
        "new_version": wish.new_version,
    }
    return ask_import(
        actor=actor,
        source=SOURCE,
        reference=reference,
        model_name=version.registered_model.name,
        wish=wish,
    )


def check_example(example: Any) -> bytes | None:
    """Return an input as canonical JSON, or raise ``Invalid``; None is none."""
    if example is None:
        return None
    if not isinstance(example, list | dict) or not example:
        raise Invalid(
            "input_invalid",
            "An input is an object or a list, and not empty.",
            field="input",
            mend="Write it as MLflow does: rows of numbers, or columns and data.",
        )
    try:
        document = rfc8785.dumps(example)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise Invalid("input_invalid", f"The input is no JSON: {error}", field="input") from error
    if len(document) > LONGEST_INPUT:
        raise Invalid(
            "input_too_large",
            f"The input has more than {LONGEST_INPUT:,} bytes.",
            field="input",
            mend="A few rows are enough to tell two models apart.",
        )
    return document


def read_example(document: bytes) -> Any:
    """Return the input that was kept."""
    return json.loads(document)
