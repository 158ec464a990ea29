"""The fake site, and a policy that lets exactly it through."""

from collections.abc import Iterator

import pytest

from videorama.adapters.guard import NetworkPolicy
from videorama.tests.fakes.media_site import MediaSite


@pytest.fixture
def site() -> Iterator[MediaSite]:
    with MediaSite() as running:
        yield running


@pytest.fixture
def policy(site: MediaSite) -> NetworkPolicy:
    return NetworkPolicy((site.allow,))
