from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "aegis.accounts"
    label = "accounts"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from aegis.accounts import actions  # noqa: F401 -- Importing it declares them.
