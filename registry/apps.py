from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing them declares what can be recorded and what follows from it.
        from aegis.health import NOTICES
        from registry import actions, handlers, quarantine_news, signing_news  # noqa: F401
        from registry.signer_states import notice

        NOTICES["signer"] = notice
