"""How downloads are made, as administrators set it under Settings."""

from dataclasses import replace
from urllib.parse import quote

from django.conf import settings

from videorama.adapters.guard import NetworkPolicy
from videorama.adapters.media import Limits
from videorama.preferences import queries as preferences

# Nobody means to import more than this by one link; a source that never ends is stopped here.
_LIMITS = Limits(max_bytes=200 * 2**30)


def network_policy() -> NetworkPolicy:
    """Which addresses an import may reach, and by which way.

    Public ones, those the operator allowed by name, and through the proxy if one is set.
    """
    known = preferences.values_of(
        "downloader.proxy", "downloader.proxy_user", "downloader.proxy_password"
    )
    address = str(known["downloader.proxy"])
    user, password = str(known["downloader.proxy_user"]), str(known["downloader.proxy_password"])
    if address and user:
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
        address = address.replace("://", f"://{login}", 1)
    return NetworkPolicy(settings.ALLOW_PRIVATE, address)


def download_limits() -> Limits:
    """The caps of one download."""
    megabytes = float(preferences.value("downloader.rate_limit"))
    return replace(_LIMITS, rate_bytes_s=int(megabytes * 1e6) if megabytes else None)


def default_preset() -> str:
    """The format that is taken when nobody chooses one."""
    return str(preferences.value("downloader.preset"))
