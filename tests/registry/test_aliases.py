import pytest

from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from registry.aliases import aliases_of, delete_alias, set_alias
from registry.models import Alias, AliasChange, ModelVersion, RegisteredModel
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making


def test_an_alias_is_set_moved_and_removed_with_its_history(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    second = making.new_version(model, cast.mina)
    since = last()

    set_alias(model, "dev-next", actor=cast.mina, version=version)
    set_alias(model, "dev-next", actor=cast.mina, version=version)
    alias = set_alias(model, "DEV-Next", actor=cast.marc, version=second)
    assert (alias.name, alias.version, alias.set_by) == ("dev-next", second, cast.marc)
    assert aliases_of(second) == ["dev-next"]
    delete_alias(model, "dev-next", actor=cast.mina)

    key = str(alias.pk)
    assert recorded(since) == [
        ("alias:set", key, {"name": "dev-next", "version": 1, "former": None}),
        ("alias:set", key, {"name": "dev-next", "version": 2, "former": 1}),
        ("alias:deleted", key, {"name": "dev-next", "version": None, "former": 2}),
    ]
    history = AliasChange.objects.order_by("id").values_list("name", "version__number")
    assert list(history) == [("dev-next", 1), ("dev-next", 2), ("dev-next", None)]
    assert not Alias.objects.exists()


@pytest.mark.parametrize("name", ["champion", "production", "Staging", "PRODUCTION"])
def test_a_governed_alias_is_not_set_by_hand(
    cast: Cast, model: RegisteredModel, version: ModelVersion, name: str
) -> None:
    for who in (cast.mina, cast.marc):
        refusal = refused(
            Forbidden, "alias_is_governed", set_alias, model, name, actor=who, version=version
        )
        assert refusal.mend
    refused(Forbidden, "alias_is_governed", delete_alias, model, name, actor=cast.marc)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "alias_empty"),
        ("dev next", "alias_invalid"),
        ("7", "alias_reserved"),
        ("v7", "alias_reserved"),
        ("latest", "alias_reserved"),
        ("Archived", "alias_reserved"),
        ("dev-\0", "alias_control_character"),
    ],
)
def test_bad_names_are_refused(
    cast: Cast, model: RegisteredModel, version: ModelVersion, name: str, code: str
) -> None:
    refused(Invalid, code, set_alias, model, name, actor=cast.mina, version=version)


def test_an_alias_never_reads_as_a_label(cast: Cast, model: RegisteredModel) -> None:
    version = making.new_version(model, cast.mina, label="dev-1")

    refused(Conflict, "alias_taken", set_alias, model, "DEV-1", actor=cast.mina, version=version)


def test_an_alias_names_a_ready_version_of_its_own_model(
    cast: Cast, model: RegisteredModel, pending: ModelVersion
) -> None:
    other = making.new_model(cast, "other")

    refused(
        Conflict, "version_pending", set_alias, model, "dev-1", actor=cast.mina, version=pending
    )
    refused(
        Invalid, "version_of_another_model", set_alias, other, "dev-1", actor=cast.mina,
        version=pending,
    )  # fmt: skip


def test_only_contributors_set_aliases(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    for who in (cast.vera, cast.rita, cast.otto):
        refused(
            Forbidden, "permission_missing", set_alias, model, "dev-1", actor=who, version=version
        )
    refused(NotFound, "alias_not_found", delete_alias, model, "dev-1", actor=cast.mina)
