from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"
    label = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing them declares what can be recorded and what follows from it.
        from approvals import actions, handlers, makers, redacting  # noqa: F401
