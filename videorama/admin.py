"""The repair desk: Django's admin behind our sign-in."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from videorama.errors import NotAllowed


class RepairDesk(AdminSite):
    """For administrators only; everybody else is sent to the ordinary sign-in or refused.

    Django's own sign-in form would be a second door without the throttling of the first.
    """

    site_header = _("Videorama repair desk")
    site_title = _("Videorama")
    index_title = _("Everything stored")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_admin", False))

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.user.is_authenticated and not self.has_permission(request):
            raise NotAllowed(gettext("Only administrators may enter the repair desk."))
        target = request.GET.get("next") or resolve_url("admin:index")
        return redirect_to_login(target, resolve_url("accounts:login"))
