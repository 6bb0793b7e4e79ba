from datetime import UTC, datetime

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.html import escape

from aegis.accounts.models import User
from aegis.pages.deltas import delta
from aegis.pages.limits import limit_use
from approvals.limits import Limit

LIBRARIES = "{% load aegis_ui aegis_blocks %}"
DIGEST = "851ee81aff085eb40f8c6757d514b7e5c293fa4b0a571d07db14f940dae064b3"


def draw(source: str, **context: object) -> str:
    return Template(LIBRARIES + source).render(Context(context))


def test_an_icon_is_a_reference_to_the_sprite_and_silent_beside_a_word() -> None:
    svg = draw('{% icon "check" %}')
    assert svg == (
        '<svg class="icon" aria-hidden="true">'
        '<use href="/static/aegis/icons.svg#icon-check"/></svg>'
    )
    assert 'role="img" aria-label="Signed"' in draw('{% icon "lock" label="Signed" %}')


def test_a_stage_none_is_development() -> None:
    assert draw("{% stage None %}") == draw('{% stage "None" %}')
    assert 'data-stage="development"' in draw("{% stage None %}")
    assert draw('{% stage "Production" %}').endswith("Production</span>")


def test_an_outcome_has_status_icon_and_word() -> None:
    html = draw('{% outcome "gate" "warn" pill=True %}')
    assert 'class="status status-pill" data-status="warn"' in html
    assert "#icon-warn" in html
    assert "Warning" in html


def test_a_part_can_stand_before_a_comma() -> None:
    html = draw('{% person user %}, {% status "warn" "late" %}.', user=User(name="Mina Okafor"))
    assert "Mina Okafor</span>, <span" in html
    assert html.endswith("late</span>.")


def test_nobody_is_aegis_itself() -> None:
    assert "avatar-system" in draw("{% person None %}")
    assert "Aegis" in draw("{% person None %}")


@pytest.mark.parametrize(
    "tag",
    [
        "{% person user %}",
        '{% status "warn" text %}',
        "{% digest text %}",
        '{% breadcrumbs text "/" text %}',
        '{% tab text "/" %}',
        '{% checklist_item "warn" text note=text url="/" link=text %}',
        '{% toast "info" text %}',
        '{% gate "warn" text note=text %}{{ text }}{% endgate %}',
        "{% disclosure text note=text %}{{ text }}{% enddisclosure %}",
        '{% empty_state "search" text %}{{ text }}{% endempty_state %}',
        '{% callout "warn" %}{{ text }}{% endcallout %}',
        '{% snippet "code" text %}{{ text }}{% endsnippet %}',
    ],
)
def test_text_that_a_person_typed_is_escaped(tag: str) -> None:
    attack = '"><script>alert(1)</script>'
    html = draw(tag, text=attack, user=User(name=attack))
    assert "<script" not in html
    assert escape(attack) in html


def test_a_digest_is_copied_in_full_and_shown_short_unless_somebody_signs() -> None:
    short = draw("{% digest value %}", value=DIGEST)
    assert f'data-copy="sha256:{DIGEST}"' in short
    assert ">sha256:851ee81aff08…<" in short
    full = draw('{% digest value "subject digest" full=True copy=False %}', value=DIGEST)
    assert f">sha256:{DIGEST}<" in full
    assert "data-copy" not in full


def test_a_moment_has_its_exact_value_and_none_is_nothing() -> None:
    when = datetime(2026, 3, 12, 14, 6, 41, tzinfo=UTC)
    html = draw('{% moment when "clock" %}', when=when)
    assert html == (
        '<time datetime="2026-03-12T14:06:41+00:00" '
        'title="12 March 2026, 14:06:41 UTC">14:06</time>'
    )
    assert draw("{% moment None %}") == ""


def test_a_delta_within_noise_has_no_colour() -> None:
    change = delta(0.315, 0.318, change="same", is_noise=True)
    html = draw("{% delta change %}", change=change)
    assert "data-change" not in html
    assert "−0.003 within noise" in html
    worse = draw("{% delta change %}", change=delta(0.029, 0.021, change="worse"))
    assert 'data-change="worse"' in worse
    assert "+0.008 worse" in worse


def test_a_limit_bar_is_drawn_on_one_scale_and_speaks() -> None:
    use = limit_use(Limit("max", 0.035), 0.029, ideal=0, baseline=0.021)
    html = draw('{% limit_bar use "ECE" %}', use=use)
    assert 'class="limit-bar-used" y="3" width="132.6"' in html
    assert 'd="M96.0 1v12"' in html
    assert 'x="120.0" y="3" width="40.0"' in html
    assert f'aria-label="ECE: {use.spoken}"' in html
    without = limit_use(Limit("min", 0.82), 0.9)
    assert "<svg" not in draw('{% limit_bar use "AUC" %}', use=without)


def test_a_gate_that_did_not_pass_is_open() -> None:
    assert " open>" in draw('{% gate "fail" "Bias" %}why{% endgate %}')
    assert " open>" not in draw('{% gate "pass" "Bias" %}why{% endgate %}')
    assert " open>" in draw('{% gate "pass" "Bias" is_open=True %}why{% endgate %}')


def test_breadcrumbs_end_with_this_page() -> None:
    html = draw('{% breadcrumbs "Catalog" "/" "churn" "/models/churn/" "v7" %}')
    assert html.count("<a ") == 2
    assert '<li aria-current="page">v7</li>' in html
    assert "<a " not in draw('{% breadcrumbs "Catalog" %}')


def test_tabs_are_links_with_counts() -> None:
    html = draw(
        '{% tabs "Lists" %}{% tab "Mine" "/m" 2 current=True attention=True %}'
        '{% tab "All" "/a" 0 attention=True %}{% endtabs %}'
    )
    assert (
        '<a href="/m" aria-current="page">Mine <span class="count count-attention">2</span>' in html
    )
    assert '<span class="count">0</span>' in html


def test_pages_keep_the_other_parameters() -> None:
    page = Paginator(range(100), 10).page(3)
    request = RequestFactory().get("/?q=churn&page=3")
    html = draw('{% pagination page what="models" %}', page=page, request=request)
    assert "21 to 30 of 100 models" in html
    assert 'href="?q=churn&amp;page=4" rel="next"' in html
    assert 'href="?q=churn&amp;page=3" aria-current="page"' in html


def test_one_page_needs_no_links() -> None:
    page = Paginator(range(3), 10).page(1)
    html = draw("{% pagination page %}", page=page, request=RequestFactory().get("/"))
    assert "1 to 3 of 3" in html
    assert "<a " not in html


class SampleForm(forms.Form):
    name = forms.CharField(help_text="Taken for ever.")
    stage = forms.ChoiceField(choices=[("s", "Staging")], widget=forms.RadioSelect)
    sure = forms.BooleanField()
    note = forms.CharField(required=False)
    subject = forms.CharField(widget=forms.HiddenInput)


def test_a_field_ties_its_help_and_error_to_the_input() -> None:
    html = draw("{% field form.name %}", form=SampleForm({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert '<div class="field-hint" id="id_name_helptext">' in html
    assert '<div id="id_name_error">' in html


def test_fields_are_drawn_by_their_kind() -> None:
    form = SampleForm()
    radios = draw("{% field form.stage segmented=True %}", form=form)
    assert radios.startswith('<fieldset class="field" id="id_stage"')
    assert 'class="segmented"' in radios
    assert '<label class="check">' in draw("{% field form.sure %}", form=form)
    assert "optional" in draw("{% field form.note %}", form=form)
    assert "optional" not in draw("{% field form.note mark_optional=False %}", form=form)
    assert draw("{% field form.subject %}", form=form) == str(form["subject"])


def test_the_summary_links_to_each_wrong_field_and_says_hidden_ones_aloud() -> None:
    form = SampleForm({"name": "churn"})
    html = draw("{% form_errors form %}", form=form)
    assert "2 fields need another look" in html
    assert 'href="#id_stage"' in html
    assert 'href="#id_sure"' in html
    assert "Subject:" in html
    assert draw("{% form_errors form %}", form=SampleForm()) == ""


def test_approvals_and_steps_say_in_words_what_they_draw() -> None:
    dots = draw("{% approvals 1 2 %}")
    assert dots.count("approval-given") == 1
    assert "1 of 2" in dots
    line = draw("{% steps items %}", items=[("Scan", "done"), ("Sign", "running")])
    assert 'aria-current="step"' in line
    assert 'Scan<span class="visually-hidden">, done</span>' in line
