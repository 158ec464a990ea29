"""Typed readers for environment variables.

Every reader treats an empty value as unset and raises BadSetting naming the variable, so a wrong
value stops the start with one line instead of failing later somewhere else.
"""

import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_POSTGRESQL = {"postgresql", "postgres"}


class BadSetting(Exception):
    """An environment variable holds a value that cannot be used; the text names it."""


def text(name: str, default: str = "") -> str:
    """The variable's text without surrounding space, or the default."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """True or false from the usual words."""
    value = text(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise BadSetting(f"{name} must be true or false, not {value!r}.")


def number(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within low..high, both included."""
    value = text(name)
    if not value:
        return default
    try:
        result = int(value)
    except ValueError:
        raise BadSetting(f"{name} must be a whole number, not {value!r}.") from None
    if not low <= result <= high:
        raise BadSetting(f"{name} must be between {low} and {high}, not {result}.")
    return result


def address(name: str, default: str) -> str:
    """An http or https address of a server, without path and closing slash."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or value != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise BadSetting(f"{name} must be an address like https://videos.example.org.")
    return value


def database(name: str) -> dict[str, Any] | None:
    """Django's settings of the PostgreSQL database at this address; None when unset.

    Reads every form of address that PostgreSQL's own programs take; also from NAME_FILE.
    """
    value = secret(name)
    if not value:
        return None
    from psycopg import ProgrammingError  # takes a while to load, and SQLite needs none of it
    from psycopg.conninfo import conninfo_to_dict

    try:
        given = conninfo_to_dict(value) if urlsplit(value).scheme in _POSTGRESQL else {}
    except (ProgrammingError, ValueError):
        given = {}
    if not given.get("dbname"):
        raise BadSetting(f"{name} must look like postgresql://user:password@host:5432/videorama.")
    parts = {key: str(given.pop(key, "") or "") for key in ("dbname", "user", "password", "host")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts["dbname"],
        "USER": parts["user"],
        "PASSWORD": parts["password"],
        "HOST": parts["host"],
        "PORT": str(given.pop("port", "") or ""),
        "OPTIONS": given,
    }


def redis_address(name: str) -> str:
    """The address of a Redis database; empty when unset. Also from NAME_FILE."""
    value = secret(name)
    try:
        parts = urlsplit(value)
        is_good = (
            parts.scheme in {"redis", "rediss"}
            and bool(parts.hostname)
            and parts.port != 0
            and re.fullmatch(r"(/\d*)?", parts.path) is not None
        )
    except ValueError:
        is_good = False
    if value and not is_good:
        raise BadSetting(f"{name} must look like redis://host:6379/0.")
    return value


def names(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Comma-separated names without empty ones."""
    value = text(name)
    return tuple(part.strip() for part in value.split(",") if part.strip()) if value else default


def secret(name: str) -> str:
    """A secret from NAME, or from the file that NAME_FILE points to; empty when neither is set."""
    value, file = text(name), text(f"{name}_FILE")
    if value and file:
        raise BadSetting(f"Set either {name} or {name}_FILE, not both.")
    if not file:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting(f"{name}_FILE cannot be read: {error.strerror}.") from None


def kept_key(name: str, folder: Path) -> str:
    """The key kept in this folder: made once, whole before it is seen, for its owner only.

    `name` is the variable of the folder, for when nothing can be kept there.
    """
    path = folder / "secret_key"
    try:
        if not path.exists():
            draft = folder / f".secret_key.{secrets.token_hex(4)}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(50), encoding="utf-8")
            # Two processes may start at once: the second takes the key of the first.
            try:
                path.hardlink_to(draft)
            except FileExistsError:
                pass
            except OSError:  # A file system without links.
                draft.replace(path)
            draft.unlink(missing_ok=True)
        if path.stat().st_mode & 0o077:
            with contextlib.suppress(OSError):  # A file system without rights.
                path.chmod(0o600)
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = error.strerror
    raise BadSetting(f"{name} cannot keep the secret key: {reason}.")
