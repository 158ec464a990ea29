"""Changing settings, and writing secrets anew under the present key."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from videorama import crypto
from videorama.errors import Invalid
from videorama.ledger.services import record
from videorama.preferences import errors, queries, registry, values
from videorama.preferences.models import Setting
from videorama.preferences.queries import State
from videorama.preferences.registry import Preference


def save(*, user: Any, changes: Mapping[str, Any]) -> list[str]:
    """Keeps values by key and gives the keys that changed; None resets one to its default.

    All or nothing: BadValues has a sentence for every value that cannot be kept. What is sent holds
    from now on, whatever the defaults of a newer version; only what the environment seeds and is
    sent back the same stays a seed. A secret sent empty or masked stays as it is.
    """
    wanted = _checked(changes)
    with transaction.atomic():
        states = {one.preference.key: one for one in queries.states(_known(wanted))}
        facts: dict[str, Any] = {}
        for key, value in wanted.items():
            fact = _keep(states[key], value)
            if fact is not None:
                facts[key] = fact
        if facts:
            record(
                "setting.changed",
                user=user,
                about=[("setting", key) for key in facts],
                data=facts,
            )
    return list(facts)


def reset(*, user: Any, key: str) -> bool:
    """Takes back what is stored: the environment or the default holds again. False: nothing was."""
    return bool(save(user=user, changes={key: None}))


@transaction.atomic
def rotate(*, also: Collection[str] = ()) -> tuple[int, list[str]]:
    """Writes every secret anew under the present key: how many, and which cannot be read.

    `also` are former keys beside those that this server knows.
    """
    lost: list[str] = []
    done: list[str] = []
    for row in Setting.objects.exclude(ciphertext=""):
        if row.key_version == crypto.current_version():
            continue
        try:
            secret = crypto.decrypt(row.ciphertext, place=row.key, also=also)
        except crypto.Unreadable:
            lost.append(row.key)
            continue
        # Only the row that was read: somebody may have saved a new one meanwhile.
        same = Setting.objects.filter(pk=row.pk, ciphertext=row.ciphertext)
        if same.update(**_sealed(row.key, secret)):
            done.append(row.key)
    if done:
        about = [("setting", key) for key in done]
        record("setting.rotated", about=about, data={"version": crypto.current_version()})
    return len(done), lost


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept; a secret that is to stay is left out."""
    wanted: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for key, raw in changes.items():
        preference = registry.find(key)
        if preference is None:
            problems[key] = [_("There is no such setting.")]
            continue
        if preference.kind == "secret" and _stays(key, raw):
            continue
        try:
            wanted[key] = None if raw is None else values.parsed(preference, raw)
        except Invalid as error:
            problems[key] = [error.message]
    if problems:
        raise errors.BadValues(
            " ".join(f"{key}: {' '.join(reasons)}" for key, reasons in problems.items()),
            details={"fields": problems},
        )
    return wanted


def _stays(key: str, raw: Any) -> bool:
    """A secret sent back as it was shown, or not at all."""
    return isinstance(raw, str) and raw.strip() in {"", queries.state(key).shown}


def _known(keys: Iterable[str]) -> list[Preference]:
    return [registry.preference(key) for key in keys]


def _keep(state: State, value: Any) -> dict[str, Any] | None:
    """Writes one value; the change in words for the ledger, None when there is none."""
    preference = state.preference
    is_secret = preference.kind == "secret"
    if value is None:
        if not Setting.objects.filter(key=preference.key).delete()[0]:
            return None
        return {"secret": "removed"} if is_secret else _change(state, state.default)
    is_same = value == state.value and state.is_readable
    if is_same and state.source != "default":
        return None
    kept = _sealed(preference.key, value) if is_secret else {"value": value}
    Setting.objects.update_or_create(key=preference.key, defaults=kept)
    if is_secret:
        return {"secret": "replaced" if state.value or not state.is_readable else "set"}
    return {"kept": value} if is_same else _change(state, value)


def _change(state: State, value: Any) -> dict[str, Any]:
    return {"from": state.value, "to": value}


def _sealed(key: str, secret: str) -> dict[str, Any]:
    sealed = crypto.encrypt(secret, place=key)
    return {"value": None, "ciphertext": sealed, "key_version": crypto.version_in(sealed)}
