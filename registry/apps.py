from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing them declares what can be recorded and what follows from it.
        from celery.signals import worker_init
        from django.core.checks import register

        from aegis.health import NOTICES
        from registry import (  # noqa: F401
            actions,
            handlers,
            quarantine_news,
            redaction_news,
            signer_states,
            signing_news,
            waiver_news,
        )
        from registry.storage import readiness

        NOTICES["signer"] = signer_states.notice
        NOTICES["storage"] = readiness.notice
        # It asks over the network, so not every command asks.
        register(readiness.usable_store, "storage", deploy=True)
        worker_init.connect(readiness.warn_unless_usable)
