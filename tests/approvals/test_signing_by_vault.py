"""A whole promotion whose statement a Vault signs: it waits while Vault is sealed, and goes on."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from aegis.proof.signing.statement import verify_promotion
from approvals import promoting
from approvals.models import PromotionRequest, PromotionStatement
from approvals.standing import load
from approvals.states import RequestState
from registry.models import ModelVersion, RegisteredModel
from tests.approvals import making
from tests.cast import PASSWORD, Cast
from tests.servers.signing import sign_with
from tests.servers.transit import Mode, TransitStandIn
from tests.servers.vault.server import VaultServer

pytestmark = pytest.mark.django_db


def approved(version: ModelVersion, cast: Cast) -> PromotionRequest:
    request = making.ask(version, cast.mina)
    for person in (cast.rita, cast.remy):
        making.say(request, person)
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    return request


def again_now(request: PromotionRequest) -> PromotionRequest:
    PromotionRequest.objects.filter(pk=request.pk).update(next_attempt_at=timezone.now())
    promoting.promote(request.pk)
    return PromotionRequest.objects.get(pk=request.pk)


def test_while_vault_is_sealed_a_promotion_waits_and_says_so_and_then_goes_on(
    cast: Cast,
    model: RegisteredModel,
    transit: TransitStandIn | VaultServer,
    settings: Settings,
    client: Client,
) -> None:
    if not getattr(transit, "child", True):
        pytest.skip("The Vault of VAULT_ADDR is not ours to seal.")
    key = sign_with(settings, transit)
    version = making.new_version(model, cast.mina)
    request = approved(version, cast)
    transit.seal()
    try:
        waiting = again_now(request)
        still = again_now(request)
        client.login(username="rita", password=PASSWORD)
        page = client.get(f"/reviews/{request.number}/").content.decode()
    finally:
        transit.unseal()
    assert waiting.state == RequestState.APPROVED
    assert waiting.delayed_since is not None
    assert still.delayed_since == waiting.delayed_since
    assert "Waiting for the signer since" in page
    assert "Vault is sealed, so it signs nothing. Unseal Vault." in page
    assert not PromotionStatement.objects.exists()

    promotion = promoting.promotion_of(load(PromotionRequest.objects.get(pk=request.pk)))
    done = again_now(request)
    assert (done.state, done.delayed_since) == (RequestState.PROMOTED, None)
    statement = PromotionStatement.objects.get()
    assert (statement.key_name, statement.is_development) == (key.name, False)
    verify_promotion(statement.envelope.encode(), promotion, public_key_pem=statement.public_key)
    version.refresh_from_db()
    assert version.stage == "Production"


@pytest.mark.parametrize("mode", [Mode.REPLY_LOST, Mode.ANOTHER_KEY, Mode.FORBIDDEN, Mode.SEALED])
def test_no_fault_of_the_signer_ends_a_request_or_moves_a_version(
    cast: Cast, model: RegisteredModel, stand_in: TransitStandIn, settings: Settings, mode: Mode
) -> None:
    sign_with(settings, stand_in)
    version = making.new_version(model, cast.mina)
    request = approved(version, cast)
    with stand_in.behaving(mode):
        waiting = again_now(request)
    version.refresh_from_db()
    assert (waiting.state, version.stage) == (RequestState.APPROVED, "None")
    assert again_now(request).state == RequestState.PROMOTED
    assert PromotionStatement.objects.count() == 1


def test_a_key_made_exportable_meanwhile_promotes_nothing_until_another_signs(
    cast: Cast, model: RegisteredModel, transit: TransitStandIn | VaultServer, settings: Settings
) -> None:
    key = sign_with(settings, transit)
    version = making.new_version(model, cast.mina)
    request = approved(version, cast)
    transit.change_key(key.transit_name, exportable=True)
    from registry.signing.vaults import vault_signer

    vault_signer(key.transit_name)._report = None  # As a minute later.
    waiting = again_now(request)
    assert waiting.state == RequestState.APPROVED
    assert "can be exported" in waiting.outcome
