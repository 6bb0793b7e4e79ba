"""Draw the templates of ``_partials/`` so that they can stand in the middle of a sentence."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.template import Library
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


def draw(partial: str, /, **parts: Any) -> SafeString:
    """Return the partial without the line break that its file ends with."""
    return SafeString(render_to_string(f"_partials/{partial}.html", parts).strip())


def part(
    register: Library, template: str = "", *, takes_context: bool = False
) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., SafeString]]:
    """Register a tag that draws a partial from the parts that the function returns.

    The partial has the tag's name unless ``template`` names another. Django's
    ``inclusion_tag`` would leave the line break, and so a space before a comma.
    """

    def registered(function: Callable[..., dict[str, Any]]) -> Callable[..., SafeString]:
        @wraps(function)
        def drawn(*args: Any, **kwargs: Any) -> SafeString:
            return draw(template or function.__name__, **function(*args, **kwargs))

        register.simple_tag(drawn, takes_context=takes_context, name=function.__name__)
        return drawn

    return registered
