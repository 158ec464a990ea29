"""People: who there is, what each may do, and who is out."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama.accounts.errors import (
    AlreadySetUp,
    LastAdministrator,
    NotActive,
    OwnAccount,
    UsernameTaken,
    WeakPassword,
)
from videorama.accounts.models import Invite, PasswordReset, Role, User
from videorama.accounts.queries import nobody_yet
from videorama.accounts.services.passwords import check_password
from videorama.accounts.services.sessions import end_sessions, tell_access_changed
from videorama.env import BadSetting
from videorama.errors import Conflict, Invalid, NotAllowed, NotFound
from videorama.ledger.services import gather, record

_on_first_run: list[Callable[[User, str], object]] = []


def on_first_run(fn: Callable[[User, str], object]) -> None:
    """Lets a room prepare what a new server needs: `fn(administrator, library_name)`.

    Called from apps.py. It runs inside the transaction that makes the first account; the name is
    empty when nobody was asked for one.
    """
    _on_first_run.append(fn)


def create_user(*, username: str, password: str, role: Role | str = Role.VIEWER) -> User:
    """A new account with `is_staff` and `is_superuser` as the role has it.

    Raises UsernameTaken (names are compared without regard to case), WeakPassword, Invalid.
    """
    user = prepare_user(username=username, password=password, role=role)
    with transaction.atomic():
        add_user(user)
        record("user.created", user=user, about=[("user", user.uuid)], data={"role": user.role})
    return user


def prepare_user(*, username: str, password: str, role: Role | str) -> User:
    """An account that is checked and not yet stored; hashing is slow, so no transaction waits."""
    user = User(username=User.normalize_username(username.strip()))
    _apply_role(user, Role(role))
    check_password(password, user)
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), details={"fields": error.message_dict}) from error
    _require_free_name(user)
    user.set_password(password)
    return user


def add_user(user: User) -> None:
    """Stores a prepared account; UsernameTaken when somebody has taken the name meanwhile."""
    _require_free_name(user)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise UsernameTaken from None


def _require_free_name(user: User) -> None:
    if User.objects.filter(username__iexact=user.username).exists():
        raise UsernameTaken


def set_role(*, user: User, role: Role | str, by: User | None = None) -> User:
    """Changes what the user may do; see edit_user."""
    return edit_user(user=user, role=role, by=by)


def set_active(*, user: User, active: bool, by: User | None = None) -> User:
    """Shuts the user out, or lets them in again; see edit_user."""
    return edit_user(user=user, active=active, by=by)


def edit_user(
    *,
    user: User,
    role: Role | str | None = None,
    active: bool | None = None,
    by: User | None = None,
) -> User:
    """Changes role or activity; the flags Django's admin reads follow.

    Who is deactivated loses all that is open: sessions, tokens, links, sockets. Their things stay.
    `by` is the administrator who does it, None for the program. All or nothing; raises
    LastAdministrator, OwnAccount, NotAllowed.
    """
    require_admin(by)
    if by is not None and by.pk == user.pk and (role, active) != (None, None):
        raise OwnAccount
    wanted = None if role is None else _known_role(role)
    with transaction.atomic():
        current = _held(user, stays=wanted in {None, Role.ADMIN} and active is not False)
        told = _changed(current, wanted, active)
        if told:
            current.save(update_fields=["role", "is_active", "is_staff", "is_superuser"])
            if "is_active" in told and not current.is_active:
                _shut_out(current)
            elif told.get("role", {}).get("from") == Role.ADMIN:
                _revoke_links_of(current)
            tell_access_changed(current)
            record(_event(told), user=by, about=[("user", current.uuid)], data=told)
    _apply_role(user, Role(current.role))
    user.is_active = current.is_active
    return user


def _changed(user: User, role: Role | None, active: bool | None) -> dict[str, Any]:
    """Sets what is wanted and tells what that changes."""
    told: dict[str, Any] = {}
    if role is not None and role != user.role:
        told["role"] = {"from": str(user.role), "to": str(role)}
        _apply_role(user, role)
    if active is not None and active != user.is_active:
        told["is_active"] = {"from": user.is_active, "to": active}
        user.is_active = active
    return told


def _event(told: dict[str, Any]) -> str:
    if "is_active" not in told:
        return "user.role_set"
    return "user.reactivated" if told["is_active"]["to"] else "user.deactivated"


def delete_user(*, user: User, by: User | None) -> None:
    """Removes an account for good; whoever owns libraries can only be deactivated.

    Raises LastAdministrator, OwnAccount, NotAllowed, Conflict.
    """
    require_admin(by)
    if by is not None and by.pk == user.pk:
        raise OwnAccount
    try:
        with transaction.atomic():
            current = _held(user, stays=False)
            _shut_out(current)
            tell_access_changed(current)
            record("user.deleted", user=by, about=[("user", current.uuid)])
            current.delete()
    except ProtectedError:
        raise Conflict(_("This account owns libraries. Deactivate it instead.")) from None


def edit_profile(*, user: User, changes: dict[str, Any]) -> User:
    """Language, density and e-mail of one's own account; Invalid names the field."""
    allowed = {"language", "density", "email"}
    changes = {name: value for name, value in changes.items() if name in allowed}
    if changes.get("language", "") not in {"", *dict(settings.LANGUAGES)}:
        sentence = _("This language is not spoken here.")
        raise Invalid(sentence, details={"fields": {"language": [sentence]}})
    told: dict[str, Any] = {}
    for name, value in changes.items():
        if getattr(user, name) != value:
            # An address is nobody's business but the user's.
            told[name] = {} if name == "email" else {"from": getattr(user, name), "to": value}
        setattr(user, name, value)
    try:
        user.clean_fields(exclude={f.name for f in User._meta.fields} - changes.keys())
    except ValidationError as error:
        user.refresh_from_db(fields=list(allowed))
        raise Invalid(" ".join(error.messages), details={"fields": error.message_dict}) from error
    if told:
        with transaction.atomic():
            user.save(update_fields=list(told))
            record("user.edited", user=user, about=[("user", user.uuid)], data=told)
    return user


def complete_first_run(*, username: str, password: str, library_name: str) -> User:
    """Makes the first account, an administrator, and what rooms registered with on_first_run.

    Raises AlreadySetUp for everybody but the first, also when two ask at the same moment: a row
    lock on PostgreSQL and the IMMEDIATE transaction on SQLite let one in after the other.
    """
    with transaction.atomic():
        ContentType.objects.select_for_update().get(app_label="accounts", model="user")
        if not nobody_yet():
            raise AlreadySetUp
        with gather() as parts:
            user = create_user(username=username, password=password, role=Role.ADMIN)
            for prepare in _on_first_run:
                prepare(user, library_name.strip())
        record("server.set_up", user=user, about=parts.about)
    return user


def ensure_admin(*, username: str, password: str) -> User | None:
    """The administrator that VIDEORAMA_ADMIN_USER and VIDEORAMA_ADMIN_PASSWORD ask for.

    An account that exists keeps its password and role: the variables make it, they do not reset
    it. Raises BadSetting naming the variable.
    """
    existing = User.objects.filter(username__iexact=username).first()
    if existing is not None:
        return existing
    try:
        if nobody_yet():
            return complete_first_run(username=username, password=password, library_name="")
        return create_user(username=username, password=password, role=Role.ADMIN)
    except WeakPassword as error:
        raise BadSetting(f"VIDEORAMA_ADMIN_PASSWORD cannot be used: {error.message}") from None
    except (AlreadySetUp, UsernameTaken):
        # Another process was faster.
        return User.objects.filter(username__iexact=username).first()
    except Invalid as error:
        raise BadSetting(f"VIDEORAMA_ADMIN_USER cannot be used: {error.message}") from None


def require_admin(by: User | None) -> None:
    """NotAllowed for everybody but administrators and the program itself."""
    if by is not None and not by.is_admin:
        raise NotAllowed


def require_active(user: User) -> None:
    """NotActive for a deactivated account."""
    if not user.is_active:
        raise NotActive


def _held(user: User, *, stays: bool) -> User:
    """The row as it is now, held until the transaction ends; LastAdministrator unless one remains.

    All active administrators are locked in one order, so of two who demote each other at the same
    moment the second sees what the first has done.
    """
    admins = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True)
    remaining = {one.pk for one in admins.order_by("pk")}
    if not stays and remaining == {user.pk}:
        raise LastAdministrator
    current = User.objects.select_for_update().filter(pk=user.pk).first()
    if current is None:
        raise NotFound
    return current


def _shut_out(user: User) -> None:
    now = timezone.now()
    end_sessions(user=user)
    user.api_tokens.filter(revoked_at__isnull=True).update(revoked_at=now)
    user.password_resets.filter(used_at=None, revoked_at=None).update(revoked_at=now)
    _revoke_links_of(user)


def _revoke_links_of(user: User) -> None:
    """Invitations of somebody who may not invite any more must not open a door."""
    for model in (Invite, PasswordReset):
        open_ones = model.objects.filter(created_by=user, used_at=None, revoked_at=None)
        open_ones.update(revoked_at=timezone.now())


def _known_role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise Invalid from None


def _apply_role(user: User, role: Role) -> None:
    user.role = role
    user.is_staff = user.is_superuser = role == Role.ADMIN
