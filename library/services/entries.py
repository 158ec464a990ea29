"""What people do with an entry."""

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from library.models import Entry, EntryState
from library.services.telling import tell_marked
from videorama.accounts.models import User
from videorama.errors import Invalid, NotFound

# The last stretch is credits: who gets that far has seen it.
WATCHED_FROM = 0.95


def set_state(
    *,
    user: User,
    entry: Entry,
    favorite: bool | None = None,
    rating: int | None = None,
    position_s: float | None = None,
    watched: bool | None = None,
) -> EntryState:
    """Writes what one person keeps about an entry; only what is given changes.

    `rating` 0 takes the stars away. A position in the last twentieth counts as watched and goes
    back to the start. Parallel calls never lose each other's fields.
    """
    changes: dict[str, object] = {}
    if favorite is not None:
        changes["favorite"] = favorite
    if rating is not None:
        if not 0 <= rating <= 5:
            raise Invalid(_("A rating has 1 to 5 stars."), details={"field": "rating"})
        changes["rating"] = rating or None
    if position_s is not None:
        changes |= _position(entry, position_s)
    if watched is not None:
        changes["watched_at"] = timezone.now() if watched else None
    if changes:
        try:
            with transaction.atomic():
                tell_marked(user, entry, changes)
                # One statement: an update of only these columns when the row exists.
                EntryState.objects.bulk_create(
                    [EntryState(user=user, entry=entry, updated_at=timezone.now(), **changes)],
                    update_conflicts=True,
                    unique_fields=["user", "entry"],
                    update_fields=[*changes, "updated_at"],
                )
        except IntegrityError:  # The entry was deleted meanwhile.
            raise NotFound from None
    state = EntryState.objects.filter(user=user, entry=entry).first()
    return state or EntryState(user=user, entry=entry)


def count_view(*, entry: Entry) -> int:
    """Counts one viewing and gives the new number."""
    Entry.objects.filter(pk=entry.pk).update(
        view_count=F("view_count") + 1, last_viewed_at=timezone.now()
    )
    try:
        entry.refresh_from_db(fields=["view_count", "last_viewed_at"])
    except Entry.DoesNotExist:
        raise NotFound from None
    return entry.view_count


def _position(entry: Entry, position_s: float) -> dict[str, object]:
    if not 0 <= position_s < 1e7:
        raise Invalid(_("This is not a position in seconds."), details={"field": "position_s"})
    if entry.duration_s and position_s >= entry.duration_s * WATCHED_FROM:
        return {"position_s": 0.0, "watched_at": timezone.now()}
    return {"position_s": position_s}
