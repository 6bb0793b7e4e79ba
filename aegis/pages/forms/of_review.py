"""The forms of one review page: the one that was sent, and fresh ones for the rest."""

from dataclasses import dataclass, replace

from django.http import HttpRequest

from aegis.pages.forms.reviews import CommentForm, DecisionForm, TakeBackForm, WithdrawForm


@dataclass(frozen=True, slots=True)
class ReviewForms:
    """At most one of them was sent and refused; it keeps what the person typed."""

    decision: DecisionForm | None = None
    take_back: TakeBackForm | None = None
    comment: CommentForm | None = None
    withdraw: WithdrawForm | None = None

    @property
    def status(self) -> int:
        """Return the status of the page: that of the form which was refused, else 200."""
        sent = (self.decision, self.take_back, self.comment, self.withdraw)
        return max((form.status for form in sent if form is not None), default=200)

    def ready(self, request: HttpRequest) -> "ReviewForms":
        """Return the forms with a fresh one wherever none was sent."""
        return replace(
            self,
            decision=self.decision or DecisionForm(request=request),
            take_back=self.take_back or TakeBackForm(request=request),
            comment=self.comment or CommentForm(),
            withdraw=self.withdraw or WithdrawForm(),
        )
