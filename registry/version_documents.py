"""A version as JSON, built by PostgreSQL: the one shape that programs are given.

``DOCUMENT`` is an SQL expression over ``v`` (registry_modelversion) and ``m``
(registry_registeredmodel). Lists and single reads use it alike.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection
from psycopg.sql import SQL

from registry.models import ModelVersion

DOCUMENT: Final = SQL("""jsonb_build_object(
    'model', m.name,
    'number', v.number,
    'label', nullif(v.label, ''),
    'description', v.description,
    'source', v.source,
    'state', v.state,
    'failure', CASE WHEN v.state = 'failed' THEN
        jsonb_build_object('code', v.failure_code, 'reason', v.failure) END,
    'stage', v.stage,
    'stage_sequence', v.stage_sequence,
    'digest', nullif(v.digest, ''),
    'size', v.size,
    'file_count', v.file_count,
    'tags', m.tags,
    'compliance_tags', (
        SELECT coalesce(jsonb_agg(DISTINCT t.name), '[]')
        FROM registry_compliancetag t
        WHERE t.version_id = v.id AND NOT EXISTS (
            SELECT 1 FROM registry_evidence later WHERE later.supersedes_id = t.evidence_id)),
    'aliases', (
        SELECT coalesce(jsonb_agg(n.name ORDER BY n.place, n.name), '[]') FROM (
            SELECT lower(v.stage) AS name, 1 AS place WHERE v.stage IN ('Production', 'Staging')
            UNION ALL SELECT a.name, 2 FROM registry_alias a WHERE a.version_id = v.id) n),
    'artifact', (
        SELECT jsonb_build_object('layout', a.layout, 'sha256', a.sha256, 'size', a.size)
        FROM registry_artifact a WHERE a.version_id = v.id),
    'signature', (
        SELECT jsonb_build_object(
            'key_name', s.key_name, 'key_version', s.key_version, 'key_hint', s.key_hint,
            'algorithm', s.algorithm, 'is_development', s.is_development,
            'signed_at', s.signed_at,
            'brought_by', (
                SELECT w.username FROM registry_upload p
                JOIN accounts_user w ON w.id = p.owner_id WHERE p.id = s.brought_id))
        FROM registry_signature s
        WHERE s.version_id = v.id AND s.manifest_digest = v.digest
        ORDER BY s.signed_at DESC LIMIT 1),
    'scan', (
        SELECT jsonb_build_object(
            'verdict', r.verdict, 'ruleset', r.ruleset, 'scanned_at', r.scanned_at,
            'quarantined', EXISTS (
                SELECT 1 FROM registry_quarantine q
                WHERE q.version_id = v.id AND q.cause = 'scan' AND q.lifted_at IS NULL))
        FROM registry_scanreport r WHERE r.version_id = v.id ORDER BY r.id DESC LIMIT 1),
    'created_by', (SELECT u.username FROM accounts_user u WHERE u.id = v.created_by_id),
    'created_at', v.created_at,
    'ready_at', v.ready_at,
    'quarantined_at', v.quarantined_at,
    'recalled_at', v.recalled_at
)""")

_OF_VERSIONS: Final = (
    SQL("""
    SELECT v.id, {document}::text FROM registry_modelversion v
    JOIN registry_registeredmodel m ON m.id = v.registered_model_id
    WHERE v.id = ANY(%(keys)s)
""")
    .format(document=DOCUMENT)
    .as_string(None)
)


def document_of(version: ModelVersion) -> dict[str, Any]:
    """Return a version as JSON values, as it is now."""
    return documents_of([version])[0]


def documents_of(versions: Iterable[ModelVersion]) -> list[dict[str, Any]]:
    """Return versions as JSON values, in their order, in one query."""
    keys = [version.pk for version in versions]
    with connection.cursor() as cursor:
        cursor.execute(_OF_VERSIONS, {"keys": keys})
        found = {key: json.loads(document) for key, document in cursor.fetchall()}
    return [found[key] for key in keys]
