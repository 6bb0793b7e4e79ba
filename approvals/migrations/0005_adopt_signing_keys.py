"""Put the keys of the statements that are there into the list of signing keys."""

from typing import Any

from django.db import migrations

from registry.adopting_keys import adopt


def adopt_keys_of_statements(apps: Any, schema_editor: Any) -> None:
    """Adopt every public key that a statement names."""
    statements = apps.get_model("approvals", "PromotionStatement").objects
    adopt(apps, statements.using(schema_editor.connection.alias))


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_signed_with_listed_keys"),
        ("registry", "0007_adopt_signing_keys"),
    ]
    operations = [migrations.RunPython(adopt_keys_of_statements, migrations.RunPython.noop)]
