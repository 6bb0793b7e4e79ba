"""Which team may import from which source."""

from django.conf import settings
from django.db import models

from aegis.accounts.models import Team
from aegis.firm import Frozen
from registry.models import ModelVersion


class ImportRight(models.Model):
    """That the members of ``team`` may import from a source, for models of that team.

    ``place`` is the name of the tracking server or bucket where ``source`` has several, else empty.
    Without one, a right for MLflow is for servers that the settings do not name, which only clients
    reach.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="import_rights")
    source = models.CharField(max_length=12, choices=ModelVersion.Source.choices)
    place = models.CharField(max_length=80, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["team", "source", "place"]
        constraints = [
            models.UniqueConstraint(fields=["team", "source", "place"], name="imports_right_once"),
            models.CheckConstraint(
                condition=~models.Q(source="upload"), name="imports_uploads_need_no_right"
            ),
        ]
        triggers = [Frozen()]

    def __str__(self) -> str:
        at = f" at {self.place}" if self.place else ""
        return f"{self.team} from {self.get_source_display()}{at}"
