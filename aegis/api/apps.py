from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "aegis.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # drf-spectacular finds extensions among the classes that are imported.
        from aegis.api import schema  # noqa: F401
