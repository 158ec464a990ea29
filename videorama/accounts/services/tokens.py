"""API tokens: made once, shown once, ended at once."""

import secrets
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama.accounts.errors import TokenNameTaken
from videorama.accounts.models import ApiToken, User
from videorama.accounts.queries import digest_of, tokens_for
from videorama.errors import Invalid
from videorama.ledger.services import record

TOKEN_PREFIX = "vr_"
TOKENS_PER_USER = 100


def create_token(*, user: User, name: str) -> tuple[ApiToken, str]:
    """A new token and its text, which exists nowhere else and cannot be shown again.

    Raises TokenNameTaken when the user has a live token of this name, and Invalid.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise Invalid(_("A token needs a name of at most 100 characters."))
    if tokens_for(user).count() >= TOKENS_PER_USER:
        raise Invalid(_("You have very many tokens. Revoke one first."))
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                user=user, name=name, digest=digest_of(text), hint=text[:8]
            )
            record("token.created", user=user, about=_about(token), data={"name": name})
    except IntegrityError:
        raise TokenNameTaken from None
    return token, text


def revoke_token(*, token: ApiToken, by: User | None = None) -> None:
    """Ends the token at once; doing it twice changes nothing. `by` is its owner unless given."""
    with transaction.atomic():
        live = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True)
        if live.update(revoked_at=timezone.now()):
            said = {"name": token.name}
            record("token.revoked", user=by or token.user, about=_about(token), data=said)


def _about(token: ApiToken) -> list[tuple[str, Any]]:
    return [("token", token.uuid), ("user", token.user.uuid)]
