"""Facts and metrics that somebody records after the version came in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from aegis.pages.finding import find_version
from aegis.pages.forms.facts import FactForm, MetricForm
from aegis.pages.posted import posted
from aegis.pages.signed_in import person
from registry.facts import FACTS
from registry.models import MetricDefinition
from registry.permissions import CONTRIBUTE, require
from registry.recording_facts import fact_history, record_fact, record_metric


@require_http_methods(["GET", "HEAD", "POST"])
def record_one(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Record a fact about a version; an earlier one of its name stays visible."""
    user, version = person(request), find_version(person(request), name, number)
    require(user, CONTRIBUTE, version.registered_model)
    form = FactForm(posted(request), initial={"name": request.GET.get("name")})
    if form.is_valid() and (
        fact := form.act(record_fact, version, actor=user, **form.cleaned_data)
    ):
        messages.success(request, f"{FACTS[fact.name].title} is recorded.")
        return redirect("pages:version", version.registered_model.name, number)
    asked = form["name"].value() or ""
    history = fact_history(version, asked)
    context = {"form": form, "version": version, "facts": FACTS.values(), "history": history}
    return render(request, "registry/fact_add.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def state_metric(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Record a metric on somebody's word."""
    user, version = person(request), find_version(person(request), name, number)
    require(user, CONTRIBUTE, version.registered_model)
    form = MetricForm(posted(request))
    if form.is_valid() and (metric := form.act(record_metric, version, actor=user, **form.said)):
        messages.success(request, f"{metric.name} is recorded as stated.")
        return redirect("pages:version", version.registered_model.name, number)
    known = MetricDefinition.objects.order_by("name")
    context = {"form": form, "version": version, "known": known}
    return render(request, "registry/metric_add.html", context, status=form.status)
