from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class AegisConfig(AppConfig):
    name = "aegis"
    label = "aegis"

    def ready(self) -> None:
        """Give every process the broker and the timetable, and register the checks of settings."""
        from aegis import celery
        from aegis.settings import checks

        celery.read_timetables()
        checks.register_all()


class AegisAdminConfig(AdminConfig):
    default_site = "aegis.admin_site.AegisAdminSite"
