"""Links that let somebody in once: invitations and password resets.

Whoever has the text of a link may use it, so it is shown once, kept only as a digest, and spent by
a conditional update: of two who use it at the same moment one is let in.
"""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama.accounts.errors import LinkGone, OwnAccount, RegistrationClosed
from videorama.accounts.models import Invite, OneTimeLink, PasswordReset, Role, User
from videorama.accounts.queries import (
    digest_of,
    invite_by_text,
    open_invites,
    registration_is_open,
    reset_by_text,
)
from videorama.accounts.services.passwords import check_password
from videorama.accounts.services.people import (
    add_user,
    prepare_user,
    require_active,
    require_admin,
)
from videorama.accounts.services.sessions import end_sessions
from videorama.errors import Conflict, Invalid
from videorama.ledger.services import record

INVITE_LIVES = timedelta(days=7)
RESET_LIVES = timedelta(days=2)
OPEN_INVITES = 200


def create_invite(*, by: User | None, role: Role | str, label: str = "") -> tuple[Invite, str]:
    """An invitation and the text of its link, which exists nowhere else.

    `by` is an administrator, or None for the command line. Raises NotAllowed, Invalid, Conflict.
    """
    require_admin(by)
    label = label.strip()
    if role not in Role.values or len(label) > 100 or "\0" in label:
        raise Invalid
    if open_invites().count() >= OPEN_INVITES:
        raise Conflict(_("There are very many open invitations. Revoke some first."))
    text = secrets.token_urlsafe(32)
    with transaction.atomic():
        invite = Invite.objects.create(
            digest=digest_of(text),
            created_by=by,
            expires_at=timezone.now() + INVITE_LIVES,
            role=role,
            label=label,
        )
        about = [("invite", invite.uuid)]
        record("user.invited", user=by, about=about, data={"role": str(role), "label": label})
    return invite, text


def accept_invite(*, text: str, username: str, password: str) -> User:
    """Makes the account an invitation stands for, exactly once.

    Raises LinkGone, UsernameTaken, WeakPassword, Invalid; after these the link still works.
    """
    invite = invite_by_text(text)
    user = prepare_user(username=username, password=password, role=invite.role)
    with transaction.atomic():
        _spend(invite)
        add_user(user)
        Invite.objects.filter(pk=invite.pk).update(used_by=user)
        about = [("user", user.uuid), ("invite", invite.uuid)]
        record("invite.accepted", user=user, about=about, data={"role": user.role})
    return user


def revoke_invite(*, invite: Invite, by: User | None) -> None:
    """Closes an open invitation; doing it twice changes nothing."""
    require_admin(by)
    with transaction.atomic():
        is_open = Invite.objects.filter(pk=invite.pk, used_at=None, revoked_at=None)
        if is_open.update(revoked_at=timezone.now()):
            about = [("invite", invite.uuid)]
            record("invite.revoked", user=by, about=about, data={"label": invite.label})


def create_reset(*, user: User, by: User | None) -> tuple[PasswordReset, str]:
    """A link by which the user chooses a new password, and its text, which exists nowhere else.

    From now on only the link lets the user in: sessions end, the old password and earlier links
    stop working. `by` is another administrator, or None for the command line. Raises NotAllowed,
    OwnAccount, NotActive.
    """
    require_admin(by)
    if by is not None and by.pk == user.pk:
        raise OwnAccount(_("Change your own password on the page of your account."))
    require_active(user)
    text = secrets.token_urlsafe(32)
    now = timezone.now()
    user.set_unusable_password()
    with transaction.atomic():
        user.password_resets.filter(used_at=None, revoked_at=None).update(revoked_at=now)
        user.save(update_fields=["password"])
        end_sessions(user=user)
        reset = PasswordReset.objects.create(
            user=user, digest=digest_of(text), created_by=by, expires_at=now + RESET_LIVES
        )
        record("user.reset", user=by, about=[("user", user.uuid)])
    return reset, text


def use_reset(*, text: str, password: str) -> User:
    """Sets the password the user chose by a reset link. Raises LinkGone, WeakPassword."""
    reset = reset_by_text(text)
    user = reset.user
    check_password(password, user)
    user.set_password(password)
    with transaction.atomic():
        _spend(reset)
        user.save(update_fields=["password"])
        end_sessions(user=user)
        record("user.password_changed", user=user, about=[("user", user.uuid)])
    return user


def register(*, username: str, password: str) -> User:
    """An account for whoever asks, a viewer, where an administrator has opened registration.

    Raises RegistrationClosed, UsernameTaken, WeakPassword, Invalid.
    """
    if not registration_is_open():
        raise RegistrationClosed
    user = prepare_user(username=username, password=password, role=Role.VIEWER)
    with transaction.atomic():
        add_user(user)
        record("user.registered", user=user, about=[("user", user.uuid)])
    return user


def _spend(link: OneTimeLink) -> None:
    """Marks the link as used, or raises LinkGone when somebody was faster."""
    now = timezone.now()
    unused = type(link)._default_manager.filter(
        pk=link.pk, used_at=None, revoked_at=None, expires_at__gt=now
    )
    if not unused.update(used_at=now):
        raise LinkGone
