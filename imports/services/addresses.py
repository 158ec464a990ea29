"""Which addresses an import may reach."""

from django.conf import settings

from imports import errors, sources
from videorama.adapters.errors import BlockedAddress
from videorama.adapters.guard import NetworkPolicy


def checked_source(url: str) -> sources.Source:
    """The address, refused where that can be seen without asking the network."""
    origin = sources.parse(url)
    policy = NetworkPolicy(settings.ALLOW_PRIVATE)
    try:
        policy.check_url(origin.url)
        # Unusual spellings of an address show only in the normalised one.
        policy.check_url(origin.normalized)
    except BlockedAddress as error:
        raise errors.BlockedTarget(technical=error.technical) from error
    return origin
