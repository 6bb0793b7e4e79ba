"""Reviews: the inbox, one review, and what people do in it."""

from django.urls import path

from aegis.pages.views import reviews

routes = [
    path("reviews/", reviews.inbox, name="reviews"),
    path("reviews/<int:number>/", reviews.review, name="review"),
    path("reviews/<int:number>/decide/", reviews.decide, name="review-decide"),
    path("reviews/<int:number>/take-back/", reviews.take_back, name="review-take-back"),
    path("reviews/<int:number>/comment/", reviews.comment, name="review-comment"),
    path("reviews/<int:number>/withdraw/", reviews.withdraw, name="review-withdraw"),
    path("reviews/<int:number>/state/", reviews.state, name="review-state"),
    path("reviews/<int:number>/subject.json", reviews.subject, name="review-subject"),
]
