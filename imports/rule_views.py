"""The rules behind the proposals: look, switch, write."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from imports import queries, services
from imports.forms import RuleForm
from imports.models import RuleOrigin
from imports.rule_words import condition_words
from videorama.accounts.auth import caller
from videorama.errors import AppError
from videorama.pages import render_page
from videorama.paging import paginate

PAGE_SIZE = 30


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rule_list(request: HttpRequest) -> HttpResponse:
    """All rules the user may switch; a POST writes one, or says what it would match."""
    user = caller(request)
    form = RuleForm(request.POST if request.method == "POST" else None, user=user)
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    try:
        if "try" in request.POST:
            matches, of = services.would_match(user=user, **form.conditions())
            return _page(request, form, tried={"matches": matches, "of": of})
        services.create_rule(
            user=user,
            library=given["library"],
            subfolder=given["subfolder"],
            tags=tuple(tag.strip() for tag in given["tags"].split(",") if tag.strip()),
            for_all=given["for_all"],
            **form.conditions(),
        )
    except AppError as error:
        name = str(error.details.get("field", ""))
        form.add_error(name if name in form.fields else None, error.message)
        return _page(request, form, status=422)
    messages.success(request, _("Rule saved"))
    return redirect("inbox:rule_list")


@require_POST
def rule_switch(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """On or off."""
    user = caller(request)
    rule = queries.rule_by_uuid(user, rule_id)
    is_on = request.POST.get("on") == "1"
    services.switch_rule(user=user, rule=rule, is_on=is_on)
    messages.success(request, _("Rule switched on") if is_on else _("Rule switched off"))
    return redirect(_back(request))


@require_POST
def rule_delete(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """Away with it."""
    user = caller(request)
    services.delete_rule(user=user, rule=queries.rule_by_uuid(user, rule_id))
    messages.success(request, _("Rule deleted"))
    return redirect(_back(request))


def _page(
    request: HttpRequest,
    form: RuleForm,
    *,
    tried: dict[str, int] | None = None,
    status: int = 200,
) -> HttpResponse:
    user = caller(request)
    origin = request.GET.get("origin", "")
    origin = origin if origin in RuleOrigin.values else ""
    found = queries.rules_for(user)
    if origin:
        found = found.filter(origin=origin)
    after = request.GET.get("after") or None
    page = paginate(found, order=("-origin", "-yes", "-pk"), after=after, limit=PAGE_SIZE)
    said = ""
    if tried is not None:
        said = ngettext(
            "This would have matched %(matches)d of your newest %(of)d entry.",
            "This would have matched %(matches)d of your newest %(of)d entries.",
            tried["of"],
        ) % {"matches": tried["matches"], "of": tried["of"]}
    context: dict[str, Any] = {
        "form": form,
        "tried": said,
        "rules": [{"rule": rule, "words": condition_words(rule)} for rule in page.items],
        "origin": origin,
        "origins": [{"value": "", "label": pgettext("rules", "All")}]
        + [{"value": value, "label": label} for value, label in RuleOrigin.choices],
        "page": page,
        "first_url": _address(origin) if after else "",
        "next_url": _address(origin, page.next) if page.next else "",
    }
    return render_page(request, "imports/rule_list.html", context, status=status)


def _address(origin: str = "", after: str | None = None) -> str:
    query = urlencode({k: v for k, v in (("origin", origin), ("after", after)) if v})
    return reverse("inbox:rule_list") + (f"?{query}" if query else "")


def _back(request: HttpRequest) -> str:
    origin = request.POST.get("origin", "")
    return _address(origin if origin in RuleOrigin.values else "")
