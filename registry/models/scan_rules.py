"""The SQL of what scans, quarantines and waivers require of each other, written once."""

from typing import Final

BLOCKED: Final = "('unsafe', 'inconclusive')"
"""The verdicts over which nothing is given out without a waiver."""

IS_DANGEROUS: Final = """(f.value -> 'findings') @> '[{"is_dangerous": true}]'::jsonb"""
"""Of a file ``f`` of a report: it does what nobody can waive."""


def latest_report(version: str) -> str:
    """Return the query of the latest report about the version with the key ``version``."""
    return (
        f"SELECT * FROM registry_scanreport WHERE version_id = {version} ORDER BY id DESC LIMIT 1"
    )


def uncovered(version: str) -> str:
    """Return the query of the paths that block the version: no valid waiver covers them.

    Its aliases are no names of variables in the triggers that ask it: PL/pgSQL takes those first.
    """
    return f"""
        SELECT f.value ->> 'path' FROM ({latest_report(version)}) latest
        CROSS JOIN LATERAL jsonb_array_elements(latest.findings::jsonb) f
        WHERE latest.verdict IN {BLOCKED} AND f.value ->> 'verdict' IN {BLOCKED}
            AND ({IS_DANGEROUS} OR NOT EXISTS (
                SELECT 1 FROM registry_scanwaiver w
                JOIN registry_scanwaiveranswer a ON a.waiver_id = w.id AND a.verdict = 'approve'
                WHERE w.version_id = latest.version_id AND w.path = f.value ->> 'path'
                    AND w.sha256 = f.value ->> 'sha256' AND w.ruleset = latest.ruleset
                    AND w.expires_at > now() AND NOT EXISTS (
                        SELECT 1 FROM registry_scanwaiveranswer x
                        WHERE x.waiver_id = w.id AND x.verdict = 'revoke')))
    """


def waivable(version: str, waiver: str) -> str:
    """Return the query that finds the file of ``waiver`` in the latest report, if it can be waived.

    ``waiver`` is the SQL of a row with path, sha256 and ruleset.
    """
    return f"""
        SELECT 1 FROM ({latest_report(version)}) r
        CROSS JOIN LATERAL jsonb_array_elements(r.findings::jsonb) f
        WHERE r.ruleset = {waiver}.ruleset AND f.value ->> 'path' = {waiver}.path
            AND f.value ->> 'sha256' = {waiver}.sha256
            AND f.value ->> 'verdict' IN {BLOCKED} AND NOT {IS_DANGEROUS}
    """


def other_files(version: str, findings: str) -> str:
    """Return the query of files that only one has: the version's manifest or the report."""
    in_manifest = f"""
        SELECT m.value ->> 'path', m.value ->> 'sha256' FROM registry_artifact a
        CROSS JOIN LATERAL jsonb_array_elements(a.manifest::jsonb -> 'files') m
        WHERE a.version_id = {version}
    """
    in_report = f"""
        SELECT f.value ->> 'path', f.value ->> 'sha256'
        FROM jsonb_array_elements(({findings})::jsonb) f
    """
    return f"""
        (({in_manifest}) EXCEPT ALL ({in_report}))
        UNION ALL (({in_report}) EXCEPT ALL ({in_manifest}))
    """


def is_let_through(version: str) -> str:
    """Return the condition that something blocks the version and no quarantine holds it back."""
    return f"""
        EXISTS ({uncovered(version)}) AND NOT EXISTS (
            SELECT 1 FROM registry_quarantine q
            WHERE q.version_id = {version} AND q.cause = 'scan' AND q.lifted_at IS NULL)
    """
