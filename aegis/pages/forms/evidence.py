"""Forms for evidence, attestations and compliance tags."""

from typing import Any

from django import forms

from aegis.pages.forms.refusable import RefusableForm
from registry.evidence import COMMENT_LENGTH, KIND_OF_TAG, current_evidence
from registry.evidence_files import TITLE_LENGTH
from registry.models import Attestation, Evidence, ModelVersion


class EvidenceForm(RefusableForm):
    """A file that shows a claim about a version."""

    kind = forms.ChoiceField(choices=Evidence.Kind.choices)
    title = forms.CharField(max_length=TITLE_LENGTH, help_text="As it stands in the table.")
    file = forms.FileField(
        allow_empty_file=True,
        help_text="Copied and hashed. It is never edited; a later one takes its place.",
    )
    supersedes = forms.ModelChoiceField(
        Evidence.objects.none(),
        required=False,
        empty_label="Nothing, it stands beside the others",
        label="Takes the place of",
    )

    def __init__(self, *args: Any, version: ModelVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["supersedes"]
        choice.queryset = current_evidence(version)
        choice.label_from_instance = lambda piece: f"{piece.title} ({piece.get_kind_display()})"


class AttestForm(RefusableForm):
    """One person's word about evidence that no rule can judge."""

    verdict = forms.ChoiceField(choices=Attestation.Verdict.choices, widget=forms.RadioSelect)
    comment = forms.CharField(
        label="What did you look at?",
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Reviewers read it beside the evidence.",
    )


class TagForm(RefusableForm):
    """A compliance tag, which passing evidence of its kind carries."""

    field_of = {"tag_needs_evidence": "name", "tag_claimed": "name"}
    name = forms.ChoiceField(
        label="Compliance tag",
        choices=[(tag, f"{tag}: {kind.label.lower()}") for tag, kind in KIND_OF_TAG.items()],
    )
