import json

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.chat import ORDINARY
from tests.imports.scanning.formats.scanned import codes, is_dangerous, scan


def configured(template: object) -> bytes:
    return json.dumps({"chat_template": template}).encode()


@pytest.mark.parametrize("template", ORDINARY)
def test_an_ordinary_template_is_data(template: str) -> None:
    assert scan(configured(template), "tokenizer_config.json").verdict is Verdict.DATA
    assert scan(template.encode(), "chat_template.jinja").verdict is Verdict.DATA


@pytest.mark.parametrize(
    "template",
    [
        "{{ x.__class__ }}",
        "{{ x['__class__'] }}",
        '{{ x["\\x5f\\x5fclass\\x5f\\x5f"] }}',
        "{{ x|attr('__class__') }}",
        "{{ x|attr(y) }}",
        "{{ x|map(attribute='__class__')|list }}",
        "{{ [x]|selectattr('__globals__')|list }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum }}",
        "{{ self }}",
        "{{ joiner('x') }}",
        "{{ '{0.__class__}'.format(x) }}",
        "{{ y.format(x) }}",
        "{% set a = '__cla' %}{% set b = 'ss__' %}{{ x[a ~ b] }}",
        "{% if false %}{{ x._private }}{% endif %}",
        "{% for k in dict(__class__=1) %}{{ x[k] }}{% endfor %}",
        "{% macro m(x=(1).__class__) %}{% endmacro %}",
        "{% for a in b if a.__dict__ %}{% endfor %}",
    ],
)
def test_a_template_that_reaches_for_python_is_dangerous(template: str) -> None:
    found = scan(configured(template), "tokenizer_config.json")

    assert found.verdict is Verdict.UNSAFE
    assert codes(found) >= {"template_reaches_python"}
    assert is_dangerous(found)


@pytest.mark.parametrize(
    ("code", "template"),
    [
        ("template_malformed", "{% if %}"),
        ("template_malformed", "{{ x"),
        ("template_malformed", "{% unheard_of %}"),
        ("template_too_long", "x" * 600_000 + "{{ x }}"),
        ("template_too_deep", "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}"),
        ("template_unclear", "{% include 'other' %}"),
        ("template_unclear", "{% import x as y %}"),
        ("template_unclear", "{% extends 'other' %}"),
        ("template_unclear", "{{ x[a ~ b] }}"),
        ("template_unclear", "{{ x[a % b] }}"),
        ("template_unclear", "{{ x[['a', 'b']|join] }}"),
        ("template_unclear", "{{ x['_' + 'class'] }}"),
        ("template_unclear", "{{ x[a.replace('-', '_')] }}"),
        ("template_unclear", "{% set k = '_' * 2 ~ 'class' ~ '_' * 2 %}{{ x[k] }}"),
        ("template_unclear", "{% set k %}_{{ 'class' }}_{% endset %}{{ x[k] }}"),
        ("template_unclear", "{% for k in ['_' ~ 'x'] %}{{ x[k] }}{% endfor %}"),
        ("template_unclear", "{% set k = ['_', 'x']|join %}{% set j = k %}{{ x[j] }}"),
        ("template_unclear", "{% macro m(k) %}{{ x[k] }}{% endmacro %}{{ m('_' ~ 'x') }}"),
        ("template_unclear", "{% set n = namespace(k='_' ~ 'x') %}{{ x[n.k] }}"),
        ("template_unclear", "{% set n = namespace() %}{% set n.k = '_' ~ 'x' %}{{ x[n.k] }}"),
        ("template_unclear", "{% with k = '_' ~ 'x' %}{{ x[k] }}{% endwith %}"),
        ("template_unclear", "{{ x|map(attribute=a)|list }}"),
        ("template_unclear", "{{ x[[['_', 'class']]|map('join')|first] }}"),
        ("template_unclear", "{{ x[['-']|map(a)|first] }}"),
        ("template_unclear", "{% macro m() %}{{ x[varargs[0]] }}{% endmacro %}{{ m(1) }}"),
        ("template_unclear", "{% for a in b %}{{ x[loop.nextitem] }}{% endfor %}"),
        (
            "template_unclear",
            (
                "{% macro m() %}{{ caller('_' ~ 'x') }}{% endmacro %}"
                "{% call(k) m() %}{{ x[k] }}{% endcall %}"
            ),
        ),
        ("template_unclear", "{{ x['_x_cxlxaxsxsx_x_'[::2]] }}"),
        ("template_unclear", "{{ x|selectattr(a)|list }}"),
    ],
)
def test_a_template_that_cannot_be_judged_blocks(code: str, template: str) -> None:
    found = scan(configured(template), "tokenizer_config.json")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_every_template_of_a_list_is_read() -> None:
    templates = [
        {"name": "default", "template": "fine"},
        {"name": "rag", "template": "{{ x.__a__ }}"},
    ]

    assert is_dangerous(scan(configured(templates), "tokenizer_config.json"))


def test_a_readme_that_shows_a_template_is_text() -> None:
    text = b"# Chat\n\nUse this:\n\n```\n{{ messages.__class__ }}\n```\n"

    assert scan(text, "README.md").verdict is Verdict.DATA
