"""Pages of the settings, one for each section. For administrators."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from videorama.errors import AppError, NotFound
from videorama.pages import administrators_only, render_page, wants_fragment
from videorama.preferences import checklist, queries, registry, services
from videorama.preferences.errors import BadValues, NoTest
from videorama.preferences.fields import fields_of


@never_cache
@require_safe
@administrators_only
def index(request: HttpRequest) -> HttpResponse:
    """The first page of the settings."""
    return redirect("preferences:section", registry.FALLBACK_PAGE)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def section(request: HttpRequest, name: str) -> HttpResponse:
    """One page of the settings; a post keeps all of it or nothing."""
    page = _page(name)
    if request.method != "POST":
        return _render(request, page)
    preferences = registry.preferences_of(page.name)
    typed = _typed(request.POST, preferences)
    try:
        changed = services.save(user=request.user, changes=typed)
    except BadValues as error:
        return _render(request, page, typed=typed, problems=error.details["fields"], status=422)
    if changed:
        messages.success(request, _("Settings saved."))
    else:
        messages.info(request, _("Nothing was changed."))
    return redirect("preferences:section", page.name)


@never_cache
@require_POST
@administrators_only
def reset(request: HttpRequest, name: str) -> HttpResponse:
    """Takes one setting back to its default, or removes a secret."""
    page = _page(name)
    preference = registry.find(request.POST.get("key", ""))
    if preference is None or preference.section != page.name:
        raise NotFound
    if services.reset(user=request.user, key=preference.key):
        messages.success(request, _("“%(name)s” was reset.") % {"name": preference.label})
    return redirect("preferences:section", page.name)


@never_cache
@require_POST
@administrators_only
def trial(request: HttpRequest, name: str) -> HttpResponse:
    """Tries what is saved on a page, and says how it went."""
    page = _page(name)
    known = registry.trial_of(page.name)
    if known is None:
        raise NoTest
    try:
        sentence, is_good = known.fn(request.user), True
    except AppError as error:
        sentence, is_good = error.message, False
    if wants_fragment(request):
        outcome = {"sentence": sentence, "is_good": is_good}
        return render_page(request, "preferences/_trial.html", {"outcome": outcome})
    messages.add_message(request, messages.SUCCESS if is_good else messages.ERROR, sentence)
    return redirect("preferences:section", page.name)


@require_POST
@administrators_only
def dismiss_steps(request: HttpRequest) -> HttpResponse:
    """Puts the first steps away; the general settings bring them back."""
    services.save(user=request.user, changes={checklist.KEY: False})
    messages.success(request, _("The first steps are put away. General settings bring them back."))
    return redirect(settings.LOGIN_REDIRECT_URL)


def _page(name: str) -> registry.Section:
    """The section; NotFound for a page that is none or belongs to another room."""
    page = registry.section(name)
    if page is None or page.url_name:
        raise NotFound
    return page


def _typed(post: QueryDict, preferences: list[registry.Preference]) -> dict[str, Any]:
    """What the form says; a box that is not ticked is not sent by browsers."""
    return {
        one.key: post.get(one.key, "")
        for one in preferences
        if one.key in post or one.kind == "flag"
    }


def _render(
    request: HttpRequest,
    page: registry.Section,
    *,
    typed: dict[str, Any] | None = None,
    problems: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    states = queries.states(registry.preferences_of(page.name))
    context = {
        "page": page,
        "fields": fields_of(states, typed or {}, problems or {}),
        "problems": bool(problems),
        "trial": registry.trial_of(page.name),
        "panels": [
            {"template": panel.template, "context": panel.context(request)}
            for panel in registry.panels_of(page.name)
        ],
    }
    return render_page(request, "preferences/section.html", context, status=status)
