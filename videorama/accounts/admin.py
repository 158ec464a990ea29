"""Repair desk for users and tokens."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from videorama.accounts import services
from videorama.accounts.auth import caller
from videorama.accounts.models import ApiToken, Invite, PasswordReset, User
from videorama.errors import AppError

if TYPE_CHECKING:  # These classes take no parameters while running.
    UserDesk = DjangoUserAdmin[User]
    TokenDesk = admin.ModelAdmin[ApiToken]
    InviteDesk = admin.ModelAdmin[Invite]
    ResetDesk = admin.ModelAdmin[PasswordReset]
else:
    UserDesk = DjangoUserAdmin
    TokenDesk = InviteDesk = ResetDesk = admin.ModelAdmin

# The role says what a user may do; groups would say it a second time.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(UserDesk):
    """People; `is_staff` and `is_superuser` follow the role and are not shown."""

    list_display = ("username", "role", "is_active", "last_seen_at", "date_joined")
    list_filter = ("role", "is_active")
    search_fields = ("username", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("uuid", "last_login", "last_seen_at", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "role", "is_active")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Facts"), {"fields": ("uuid", "last_login", "last_seen_at", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "role", "password1", "password2")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """One's own role and activity stay, so that an administrator always remains."""
        own = ("role", "is_active") if obj is not None and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, *own)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_own = obj is not None and obj.pk == request.user.pk
        return not is_own and super().has_delete_permission(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset.exclude(pk=caller(request).pk):
            self.delete_model(request, user)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.delete_user(user=obj, by=caller(request))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Role and activity go through the services, which see that an administrator remains."""
        role, is_active = obj.role, obj.is_active
        stored = User.objects.filter(pk=obj.pk).first() if change else None
        obj.role, obj.is_active = (stored.role, stored.is_active) if stored else ("viewer", True)
        super().save_model(request, obj, form, change)
        try:
            if role != obj.role:
                services.set_role(user=obj, role=role, by=caller(request))
            if is_active != obj.is_active:
                services.set_active(user=obj, active=is_active, by=caller(request))
        except AppError as error:
            messages.error(request, error.message)


@admin.register(ApiToken)
class ApiTokenAdmin(TokenDesk):
    """Tokens by name and hint. Nobody can read or make one here, only revoke it."""

    list_display = ("name", "user", "hint", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "hint", "user__username")
    fields = ("uuid", "user", "name", "hint", "created_at", "last_used_at", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Revoke"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Ends the chosen tokens at once."""
        for token in queryset:
            services.revoke_token(token=token, by=caller(request))


class NotMadeHere:
    """Links are made on the page of users; here they are seen and, in need, deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invite)
class InviteAdmin(NotMadeHere, InviteDesk):
    """Invitations, without their links."""

    list_display = ("label", "role", "created_by", "created_at", "expires_at", "state")
    list_filter = ("role",)
    list_select_related = ("created_by",)
    search_fields = ("label", "created_by__username", "used_by__username")
    fields = (
        "uuid",
        "label",
        "role",
        "created_by",
        "created_at",
        "expires_at",
        "used_at",
        "used_by",
        "revoked_at",
    )


@admin.register(PasswordReset)
class PasswordResetAdmin(NotMadeHere, ResetDesk):
    """Password resets, without their links."""

    list_display = ("user", "created_by", "created_at", "expires_at", "state")
    list_select_related = ("user", "created_by")
    search_fields = ("user__username",)
    fields = ("uuid", "user", "created_by", "created_at", "expires_at", "used_at", "revoked_at")
