import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import aegis.firm

# Imports of uploads, of which alone there were any, name the model of their version.
FILLED = """
    UPDATE imports_import i SET registered_model_id = m.id, model_name = m.name
        FROM registry_modelversion v JOIN registry_registeredmodel m ON m.id = v.registered_model_id
        WHERE v.id = i.version_id;
    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0006_sources'),
    ]

    operations = [
        migrations.RunSQL(FILLED, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='import',
            trigger=pgtrigger.compiler.Trigger(name='what_was_asked_stays', sql=aegis.firm.FirmTriggerSql(func="\n                    IF (NEW.source, NEW.model_name, NEW.team_id, NEW.reference, NEW.asked,\n                        NEW.requested_by_id, NEW.number)\n                       IS DISTINCT FROM (OLD.source, OLD.model_name, OLD.team_id, OLD.reference,\n                        OLD.asked, OLD.requested_by_id, OLD.number) THEN\n                        RAISE EXCEPTION 'What was asked of an import does not change.' USING ERRCODE = 'restrict_violation';\n                    END IF;\n                    IF OLD.version_id IS NOT NULL\n                       AND (NEW.version_id IS DISTINCT FROM OLD.version_id\n                            OR NEW.plan IS DISTINCT FROM OLD.plan) THEN\n                        RAISE EXCEPTION 'An import stays with its version and its plan.' USING ERRCODE = 'restrict_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='0d0d5583255ca4d724dd291aab54e415326a1648', operation='UPDATE', pgid='pgtrigger_what_was_asked_stays_ded78', table='imports_import', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running', 'planned', 'done', 'failed', 'cancelled'])), name='imports_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(('version', None), ('same_as', None), _connector='XOR'), _connector='OR'), name='imports_done_has_a_version'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source', 'upload'), _negated=True), ('version__isnull', False), _connector='OR'), name='imports_upload_has_its_version'),
        ),
    ]
