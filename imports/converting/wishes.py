"""The wish to have what an import brings converted: a step of it that comes after its end.

The step's ``result`` says what it is to be converted ``to``; empty where that was taken back. Once
that was asked for it names the ``import`` that converts it, or says by ``code`` and ``reason`` why
there is none.
"""

from dataclasses import dataclass

from imports.converting.known import check_possible
from imports.models import Import, ImportState, ImportStep
from registry.models import ModelVersion

_CONVERT = ImportStep.Name.CONVERT


@dataclass(frozen=True, slots=True)
class ConversionWish:
    """What is to become of the version: ``to`` a format, by the job of the key ``job``.

    ``reason`` says why it is not converted. Without either that was not asked for yet.
    """

    to: str
    job: str = ""
    code: str = ""
    reason: str = ""


def steps_of_wish(job: Import, to: str) -> list[ImportStep]:
    """Return the step of a new import that has its version converted, if that is wished for."""
    return [ImportStep(job=job, name=_CONVERT, result={"to": to})] if to else []


def change_wish(job: Import, to: str) -> bool:
    """Have a locked import wish for another conversion, or for none; say whether it was another.

    Raises ``Invalid`` for what nothing writes and ``Conflict`` for what is not installed.
    """
    former = wish_of(job)
    if to == (former.to if former else ""):
        return False
    if to:
        check_possible(to, field="convert")
    job.steps.update_or_create(name=_CONVERT, defaults={"result": {"to": to}})
    return True


def wish_of(job: Import) -> ConversionWish | None:
    """Return the wish for a conversion of what ``job`` brings; no query where steps are loaded."""
    for step in job.steps.all():
        if step.name == _CONVERT and step.result.get("to"):
            said = step.result
            return ConversionWish(
                to=said["to"],
                job=said.get("import", ""),
                code=said.get("code", ""),
                reason=said.get("reason", ""),
            )
    return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish; ``job`` is the import that converts, once it was asked for."""

    wish: ConversionWish
    job: Import | None

    @property
    def is_refused(self) -> bool:
        """Say whether it ended without a version, or never began."""
        ended = {ImportState.FAILED, ImportState.CANCELLED}
        return bool(self.wish.reason) or (self.job is not None and self.job.state in ended)

    @property
    def reason(self) -> str:
        """Say why it was not converted, if it was not."""
        if self.job is None or not self.is_refused:
            return self.wish.reason
        is_cancelled = self.job.state == ImportState.CANCELLED
        return "The conversion was cancelled." if is_cancelled else self.job.error

    @property
    def version(self) -> ModelVersion | None:
        """Return the version that came of it, once it is there."""
        is_done = self.job is not None and self.job.state == ImportState.DONE
        return self.job.result if is_done and self.job is not None else None

    @property
    def is_settled(self) -> bool:
        """Say whether nothing more comes of it by itself."""
        return self.is_refused or self.version is not None


def outcome_of(job: Import) -> Outcome | None:
    """Return what became of the conversion that was wished for with ``job``, if one was."""
    wish = wish_of(job)
    if wish is None:
        return None
    rows = Import.objects.select_related("version__registered_model", "same_as__registered_model")
    return Outcome(wish, rows.filter(pk=wish.job).first() if wish.job else None)
