"""Users, the tokens and sessions that stand for them, and the links that let them in once."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    """What a user may do everywhere; members of single libraries may hold more there."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")
    ADMIN = "admin", _("Administrator")


class Density(models.TextChoices):
    """How much room rows and controls take."""

    COMFORTABLE = "comfortable", _("Comfortable")
    COMPACT = "compact", _("Compact")


class UserManager(DjangoUserManager["User"]):
    """Keeps Django's flags equal to the role, also for `manage.py createsuperuser`."""

    use_in_migrations = False

    def create_user(
        self, username: str, email: str | None = None, password: str | None = None, **more: Any
    ) -> "User":
        """A user whose flags follow the role, which is viewer unless given."""
        is_admin = more.get("role") == Role.ADMIN
        more.update(is_staff=is_admin, is_superuser=is_admin)
        return super().create_user(username, email, password, **more)

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **more: Any
    ) -> "User":
        """An administrator."""
        return super().create_superuser(username, email, password, **{**more, "role": Role.ADMIN})


class User(AbstractUser):
    """A person. `is_staff` and `is_superuser` follow the role; accounts.services sees to it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    # Empty: as the browser asks. Which languages there are is no matter of the database.
    language = models.CharField(max_length=10, blank=True)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(
                condition=Q(density__in=Density.values), name="user_density_known"
            ),
        ]

    @property
    def is_admin(self) -> bool:
        """May do everything, including users and the repair desk."""
        return self.is_active and self.role == Role.ADMIN

    @property
    def is_editor(self) -> bool:
        """May import, decide, edit, delete and make libraries; administrators may too."""
        return self.is_active and self.role in {Role.EDITOR, Role.ADMIN}


class ApiToken(models.Model):
    """A named bearer token. Only its SHA-256 is kept; the text is shown once, when it is made."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(
        max_length=12, help_text=_("The first characters, to tell tokens apart.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=Q(revoked_at__isnull=True),
                name="one_live_token_per_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class Session(AbstractBaseSession):
    """A browser that is signed in, or was here before. Knows whose it is, so that it can be ended.

    Its key is what the browser shows to come in, so nobody gets to see it.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=60, blank=True)
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    def __str__(self) -> str:
        return self.device


class LinkState(models.TextChoices):
    """What became of a link."""

    OPEN = "open", pgettext_lazy("not decided yet", "Open")
    USED = "used", _("Used")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")


class OneTimeLink(models.Model):
    """A link that lets somebody in once. Only its SHA-256 is kept; it is shown when it is made."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-created_at", "-pk"]

    def state(self, now: datetime | None = None) -> LinkState:
        """What became of it."""
        if self.used_at:
            return LinkState.USED
        if self.revoked_at:
            return LinkState.REVOKED
        return LinkState.OPEN if self.expires_at > (now or timezone.now()) else LinkState.EXPIRED


class Invite(OneTimeLink):
    """Lets one person make an account with the given role."""

    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    label = models.CharField(max_length=100, blank=True)
    used_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(OneTimeLink.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invite_role_known"),
        ]

    def __str__(self) -> str:
        return self.label or str(self.uuid)


class PasswordReset(OneTimeLink):
    """Lets a user choose a new password without the old one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_resets")

    class Meta(OneTimeLink.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"
