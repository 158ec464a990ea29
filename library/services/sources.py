"""Other addresses of an entry."""

from django.db import IntegrityError, transaction

from library.errors import MayNotEdit
from library.models import Entry, EntrySource
from library.queries import may_edit
from library.services.facts import plain
from videorama.accounts.models import User
from videorama.errors import NotFound


def add_source(
    *,
    user: User,
    entry: Entry,
    url: str,
    normalized_url: str,
    extractor: str = "",
    source_id: str = "",
) -> bool:
    """Remembers that this address leads to the entry too; False when that was known."""
    if not may_edit(user, entry.library):
        raise MayNotEdit
    if normalized_url and normalized_url == entry.normalized_url:
        return False
    try:
        with transaction.atomic():
            _source, is_new = EntrySource.objects.get_or_create(
                entry=entry,
                normalized_url=plain(normalized_url),
                defaults={
                    "url": plain(url),
                    "extractor": plain(extractor, 100),
                    "source_id": plain(source_id, 300),
                },
            )
    except IntegrityError:  # The entry was deleted meanwhile.
        raise NotFound from None
    return is_new
