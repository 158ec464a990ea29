"""The verbs of the accounts room, one file per noun behind this door."""

from videorama.accounts.services.links import (
    INVITE_LIVES,
    RESET_LIVES,
    accept_invite,
    create_invite,
    create_reset,
    register,
    revoke_invite,
    use_reset,
)
from videorama.accounts.services.passwords import PASSWORD_LENGTH, change_password
from videorama.accounts.services.people import (
    complete_first_run,
    create_user,
    delete_user,
    edit_profile,
    edit_user,
    ensure_admin,
    on_first_run,
    require_admin,
    set_active,
    set_role,
)
from videorama.accounts.services.sessions import (
    forget_sessions,
    note_presence,
    on_access_changed,
    sign_out_elsewhere,
    tell_access_changed,
    tell_sign_in_failed,
    tell_signed_in,
    tell_signed_out,
)
from videorama.accounts.services.tokens import create_token, revoke_token

__all__ = [
    "INVITE_LIVES",
    "PASSWORD_LENGTH",
    "RESET_LIVES",
    "accept_invite",
    "change_password",
    "complete_first_run",
    "create_invite",
    "create_reset",
    "create_token",
    "create_user",
    "delete_user",
    "edit_profile",
    "edit_user",
    "ensure_admin",
    "forget_sessions",
    "note_presence",
    "on_access_changed",
    "on_first_run",
    "register",
    "require_admin",
    "revoke_invite",
    "revoke_token",
    "set_active",
    "set_role",
    "sign_out_elsewhere",
    "tell_access_changed",
    "tell_sign_in_failed",
    "tell_signed_in",
    "tell_signed_out",
    "use_reset",
]
