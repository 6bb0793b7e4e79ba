from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing them declares what can be recorded and what follows from it.
        from imports import actions, handlers  # noqa: F401
