"""API of the accounts room: who am I, my tokens, and for administrators everybody."""

import uuid
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Query, Router, Schema, Status

from videorama.accounts import services
from videorama.accounts.auth import caller
from videorama.accounts.models import ApiToken, Invite, User
from videorama.accounts.queries import (
    BY_NAME,
    invite_by_uuid,
    open_invites,
    token_by_uuid,
    tokens_for,
    user_by_uuid,
    users_for,
)
from videorama.paging import PageOf, PageQuery, paginate

router = Router(tags=["accounts"])


class Me(Schema):
    """Who the token stands for."""

    id: uuid.UUID
    username: str
    role: str
    language: str
    density: str


class MeIn(Schema):
    """How the caller's own pages look; what is left out stays."""

    language: str | None = Field(
        None, json_schema_extra={"enum": ["", *dict(settings.LANGUAGES), None]}
    )
    density: Literal["comfortable", "compact"] | None = None


class UserOut(Schema):
    """Somebody with an account."""

    id: uuid.UUID
    username: str
    role: str
    is_active: bool
    created_at: datetime
    last_seen_at: datetime | None


class UserQuery(PageQuery):
    """Which users; all unless said."""

    search: str = Field("", max_length=150)
    role: Literal["", "viewer", "editor", "admin"] = ""
    state: Literal["", "active", "inactive"] = ""


class UserIn(Schema):
    """What is to change; what is left out stays."""

    role: Literal["viewer", "editor", "admin"] | None = None
    is_active: bool | None = None


class InviteIn(Schema):
    """Whom an invitation is for."""

    role: Literal["viewer", "editor", "admin"] = "viewer"
    label: str = Field("", max_length=100)


class InviteOut(Schema):
    """An open invitation without its link."""

    id: uuid.UUID
    label: str
    role: str
    created_by: str
    created_at: datetime
    expires_at: datetime


class InviteMade(InviteOut):
    """A new invitation with its link, shown only this once."""

    url: str


class TokenIn(Schema):
    """What a new token is for."""

    name: str = Field(min_length=1, max_length=100)


class TokenOut(Schema):
    """A token without its text, of which only the first characters are known."""

    id: uuid.UUID
    name: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None


class TokenMade(TokenOut):
    """A new token with its text, shown only this once."""

    token: str


@router.get("/me", response=Me)
def me(request: HttpRequest) -> dict[str, Any]:
    """Who the token stands for."""
    return _me(caller(request))


@router.patch("/me", response=Me)
def edit_me(request: HttpRequest, body: MeIn) -> dict[str, Any]:
    """Language and density of the caller's own pages; an empty language is the browser's."""
    changes = {name: one for name, one in body.model_dump().items() if one is not None}
    return _me(services.edit_profile(user=caller(request), changes=changes))


@router.get("/users", response=PageOf[UserOut])
def list_users(request: HttpRequest, asked: Query[UserQuery]) -> dict[str, Any]:
    """Everybody, by name. For administrators."""
    services.require_admin(caller(request))
    page = asked.model_dump()
    filters = {name: page.pop(name) for name in ("search", "role", "state")}
    return paginate(users_for(caller(request), **filters), order=BY_NAME, **page).document(_user)


@router.patch("/users/{user_id}", response=UserOut)
def edit_user(request: HttpRequest, user_id: uuid.UUID, body: UserIn) -> dict[str, Any]:
    """Changes what somebody may do, or shuts them out. For administrators."""
    by = caller(request)
    services.require_admin(by)
    user = services.edit_user(
        user=user_by_uuid(by, user_id), role=body.role, active=body.is_active, by=by
    )
    return _user(user)


@router.get("/invites", response=PageOf[InviteOut])
def list_invites(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """Open invitations, newest first. For administrators."""
    services.require_admin(caller(request))
    found = paginate(open_invites(), order=("-created_at", "-pk"), **page.model_dump())
    return found.document(_invite)


@router.post("/invites", response={201: InviteMade})
def create_invite(request: HttpRequest, body: InviteIn) -> Status[dict[str, Any]]:
    """Invites somebody; the link is in this answer and nowhere else. For administrators."""
    invite, text = services.create_invite(by=caller(request), role=body.role, label=body.label)
    url = request.build_absolute_uri(reverse("accounts:invite", args=[text]))
    return Status(201, {**_invite(invite), "url": url})


@router.delete("/invites/{invite_id}", response={204: None})
def revoke_invite(request: HttpRequest, invite_id: uuid.UUID) -> Status[None]:
    """Closes an invitation at once. For administrators."""
    by = caller(request)
    services.require_admin(by)
    services.revoke_invite(invite=invite_by_uuid(by, invite_id), by=by)
    return Status(204, None)


@router.get("/tokens", response=PageOf[TokenOut])
def list_tokens(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """The caller's own live tokens, newest first."""
    found = paginate(tokens_for(caller(request)), order=("-created_at", "-pk"), **page.model_dump())
    return found.document(_document)


@router.post("/tokens", response={201: TokenMade})
def create_token(request: HttpRequest, body: TokenIn) -> Status[dict[str, Any]]:
    """Makes a token; its text is in this answer and nowhere else."""
    token, text = services.create_token(user=caller(request), name=body.name)
    return Status(201, {**_document(token), "token": text})


@router.delete("/tokens/{token_id}", response={204: None})
def revoke_token(request: HttpRequest, token_id: uuid.UUID) -> Status[None]:
    """Ends one of the caller's tokens at once."""
    services.revoke_token(token=token_by_uuid(caller(request), token_id))
    return Status(204, None)


def _me(user: User) -> dict[str, Any]:
    return {
        "id": user.uuid,
        "username": user.username,
        "role": user.role,
        "language": user.language,
        "density": user.density,
    }


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.uuid,
        "username": user.username,
        "role": user.role,
        "is_active": user.is_active,
        "created_at": user.date_joined,
        "last_seen_at": user.last_seen_at,
    }


def _invite(invite: Invite) -> dict[str, Any]:
    return {
        "id": invite.uuid,
        "label": invite.label,
        "role": invite.role,
        "created_by": invite.created_by.username if invite.created_by else "",
        "created_at": invite.created_at,
        "expires_at": invite.expires_at,
    }


def _document(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.uuid,
        "name": token.name,
        "hint": token.hint,
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
    }
