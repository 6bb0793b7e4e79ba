"""Note of the versions that are there which commit of a hub they are, as imports do from now on."""

from django.db import migrations

_FOUND = """
    SELECT version.id AS version_id,
           provenance.document #>> '{pinned,endpoint}' AS endpoint,
           provenance.document #>> '{pinned,repo}' AS repo,
           provenance.document #>> '{pinned,revision}' AS revision,
           provenance.document #>> '{pinned,commit}' AS commit
    FROM registry_provenance AS provenance
    JOIN registry_modelversion AS version ON version.id = provenance.version_id
    WHERE version.source = 'huggingface' AND version.state = 'ready'
      AND provenance.document #>> '{pinned,commit}' ~ '^[0-9a-f]{40}$'
      AND provenance.document #>> '{pinned,endpoint}' <> ''
      AND provenance.document #>> '{pinned,repo}' <> ''
      AND provenance.document #>> '{pinned,revision}' <> ''
"""
_IS_PINNED = "(length(revision) >= 7 AND starts_with(commit, revision))"


class Migration(migrations.Migration):
    dependencies = [("imports", "0012_hub_origins")]

    operations = [
        migrations.RunSQL(
            f"""
            INSERT INTO imports_revisionwatch
                (id, endpoint, repo, revision, commit, due_at, error_code, error, fence)
            SELECT gen_random_uuid(), endpoint, repo, revision, '', now(), '', '', 0
            FROM ({_FOUND}) AS found WHERE NOT {_IS_PINNED}
            GROUP BY endpoint, repo, revision
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f"""
            INSERT INTO imports_huborigin (version_id, endpoint, repo, commit, watch_id)
            SELECT found.version_id, found.endpoint, found.repo, found.commit, watch.id
            FROM ({_FOUND}) AS found
            LEFT JOIN imports_revisionwatch AS watch
              ON watch.endpoint = found.endpoint AND watch.repo = found.repo
             AND watch.revision = found.revision
            ORDER BY found.version_id
            """,
            migrations.RunSQL.noop,
        ),
    ]
