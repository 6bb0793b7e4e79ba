"""Put the keys of the signatures that are there into the list of signing keys."""

from typing import Any

from django.db import migrations

from registry.adopting_keys import adopt


def adopt_keys_of_signatures(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 -- Django's.
    """Adopt every public key that a signature names."""
    adopt(apps, apps.get_model("registry", "Signature").objects)


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_signing_keys")]
    operations = [migrations.RunPython(adopt_keys_of_signatures, migrations.RunPython.noop)]
