"""API of the accounts room: who am I, and my tokens."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from videorama.accounts import services
from videorama.accounts.auth import caller
from videorama.accounts.models import ApiToken
from videorama.accounts.queries import token_by_uuid, tokens_for
from videorama.paging import PageOf, PageQuery, paginate

router = Router(tags=["accounts"])


class Me(Schema):
    """Who the token stands for."""

    id: uuid.UUID
    username: str
    role: str


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
    user = caller(request)
    return {"id": user.uuid, "username": user.username, "role": user.role}


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


def _document(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.uuid,
        "name": token.name,
        "hint": token.hint,
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
    }
