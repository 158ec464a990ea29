"""An OpenAI-compatible service that the operator chose: which models it has."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from videorama.adapters import http
from videorama.adapters.errors import BlockedAddress, TooLarge
from videorama.adapters.guard import NetworkPolicy
from videorama.errors import AppError, Conflict

_TIMEOUT_S = 10.0
_MAX_BYTES = 2 * 2**20


class ProviderRefused(Conflict):
    """The service cannot be used as it is set; the sentence says what to look at."""

    code, sentence = "provider_refused", gettext_lazy("The service cannot be used as it is set.")


def models(base_url: str, api_key: str) -> list[str]:
    """The names of its models (`GET {base}/models`), sorted; ProviderRefused says what is wrong.

    The address is the operator's, so it may be a private one; the answer may lead nowhere else.
    """
    answer = _get(f"{base_url.rstrip('/')}/models", api_key)
    if answer.status in {401, 403}:
        raise ProviderRefused(_("The service does not accept the API key."))
    if answer.status == 404:
        raise ProviderRefused(
            _("There is no list of models at this address. Mostly it ends in /v1.")
        )
    if answer.status != 200:
        raise ProviderRefused(
            _("The service answers with status %(status)s.") % {"status": answer.status}
        )
    try:
        found = json.loads(answer.body)["data"]
        return sorted({str(one["id"]) for one in found})
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderRefused(
            _("What answers there is no OpenAI-compatible service."),
            technical=type(error).__name__,
        ) from None


def _get(url: str, api_key: str) -> http.Fetched:
    headers = {"Accept": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    try:
        return http.fetch(
            url, policy=_only(url), timeout_s=_TIMEOUT_S, max_bytes=_MAX_BYTES,
            max_redirects=0, headers=headers,
        )  # fmt: skip
    except (BlockedAddress, TooLarge) as error:
        raise ProviderRefused(
            _("What answers there is no OpenAI-compatible service."), technical=error.code
        ) from None
    except UnicodeError:
        # Without its cause, which holds the key.
        raise ProviderRefused(_("The API key may hold plain letters only.")) from None
    except AppError as error:
        # Without its cause: what a library says of a request may hold its headers.
        raise ProviderRefused(_reason(error), technical=error.code) from None


def _reason(error: AppError) -> str:
    known: dict[str, Any] = {
        "timeout": _("The service did not answer within ten seconds."),
        "redirects": _("The address leads on to another one. Enter that one."),
    }
    return str(known.get(error.code, _("The service cannot be reached at this address.")))


def _only(url: str) -> NetworkPolicy:
    """Exactly that host and port, whatever network it is in."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return NetworkPolicy((f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}",))
