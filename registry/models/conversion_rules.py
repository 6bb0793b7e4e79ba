"""The SQL of what a converted version needs before it is put into use, written once."""


def is_uncompared(version: str, digest: str) -> str:
    """Return the condition that nothing shows a converted version to do what its parent does.

    ``version`` and ``digest`` are the SQL of its key and of its manifest's digest. It must have
    been compared, and the last comparison with each input must have found no value outside of the
    tolerance.
    """
    return f"""
        (NOT EXISTS (
            SELECT 1 FROM registry_derivation d
            JOIN registry_comparison c ON c.version_id = d.version_id
                AND c.parent_digest = d.parent_digest
            WHERE d.version_id = {version} AND c.manifest_digest = {digest})
        OR EXISTS (
            SELECT 1 FROM (
                SELECT DISTINCT ON (c.input_digest) c.outside FROM registry_comparison c
                WHERE c.version_id = {version} ORDER BY c.input_digest, c.id DESC) latest
            WHERE latest.outside > 0))
    """


def parent_is_held_back(version: str) -> str:
    """Return the condition that the version which it was converted from is recalled or held."""
    return f"""
        EXISTS (
            SELECT 1 FROM registry_derivation d
            JOIN registry_modelversion o ON o.id = d.parent_id
            WHERE d.version_id = {version}
                AND (o.recalled_at IS NOT NULL OR o.quarantined_at IS NOT NULL))
    """
