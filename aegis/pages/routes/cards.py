"""The addresses of model cards."""

from django.urls import path

from aegis.pages.views import cards

_CARD = "models/<str:name>/versions/<int:number>/card/"

routes = [
    path(_CARD, cards.edit, name="card-edit"),
    path(f"{_CARD}draft/", cards.keep_draft, name="card-draft"),
    path(f"{_CARD}discard/", cards.discard, name="card-discard"),
    path(f"{_CARD}read/", cards.read, name="card"),
]
