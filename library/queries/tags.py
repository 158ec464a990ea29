"""Tags, as far as the asker may know of them."""

from uuid import UUID

from django.db.models import Exists, F, IntegerField, OuterRef, Prefetch, QuerySet, Subquery

from library.models import EntryTag, Tag
from library.queries.entries import entries_for
from library.queries.libraries import Asker
from videorama.accounts.models import User
from videorama.errors import NotFound
from videorama.paging import COUNT_LIMIT


class _Counted(Subquery):
    """How many rows the subquery has; sliced, it stops counting there."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def visible_tags(user: Asker) -> QuerySet[Tag]:
    """Tags on entries the user may see, and tags on nothing at all.

    What stands only in a private library of others is nobody else's business.
    """
    if not isinstance(user, User) or not user.is_active:
        return Tag.objects.none()
    links = EntryTag.objects.filter(tag=OuterRef("pk"))
    return Tag.objects.filter(Exists(_seen_links(user)) | ~Exists(links))


def _seen_links(user: Asker) -> QuerySet[EntryTag]:
    """Of the outer tag, those to entries that the user sees.

    Each entry is looked up by its key: as a list of all keys SQLite would make it anew per tag.
    """
    seen = entries_for(user).order_by().filter(pk=OuterRef("entry_id"))
    return EntryTag.objects.filter(Exists(seen), tag=OuterRef("pk"), hidden=False)


def counted_tags(user: Asker) -> QuerySet[Tag]:
    """The same with `usage_count`: how many entries the user sees carry it, whoever put it on;
    exact to COUNT_LIMIT.

    A parent that the user may not know of is none.
    """
    number = _Counted(_seen_links(user).order_by().values("pk")[:COUNT_LIMIT])
    return (
        visible_tags(user)
        .prefetch_related(Prefetch("parent", queryset=visible_tags(user)))
        .annotate(  # type: ignore[no-redef]
            usage_count=number  # the model declares it
        )
    )


def suggested_tags(user: Asker, text: str, limit: int = 8) -> list[Tag]:
    """What a person may be typing: names that begin like it first, the most used ones first."""
    text = " ".join(text.replace("\0", "").split())[:100]
    if not text:
        return []
    tags = counted_tags(user).order_by(F("usage_count").desc(), "name")
    found = list(tags.filter(name__istartswith=text)[:limit])
    if len(found) < limit:
        known = [tag.pk for tag in found]
        inner = tags.filter(name__icontains=text).exclude(pk__in=known)
        found += inner[: limit - len(found)]
    return found


def tag_by_uuid(user: Asker, uuid: UUID | str) -> Tag:
    """One of them, counted; NotFound for anything else."""
    tag = counted_tags(user).filter(uuid=uuid).first()
    if tag is None:
        raise NotFound
    return tag
