"""Put the keys of the signatures that are there into the list of signing keys."""

from typing import Any

from django.db import migrations

from registry.adopting_keys import adopt


def adopt_keys_of_signatures(apps: Any, schema_editor: Any) -> None:
    """Adopt every public key that a signature names."""
    # The owner of the tables migrates; the application may not even read them yet.
    signatures = apps.get_model("registry", "Signature").objects
    adopt(apps, signatures.using(schema_editor.connection.alias))


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_signing_keys")]
    operations = [migrations.RunPython(adopt_keys_of_signatures, migrations.RunPython.noop)]
