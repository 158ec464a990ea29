"""Who sees and who edits which library (section "Who sees what" of ARCHITECTURE.md)."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    BigIntegerField,
    Count,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Cast, Coalesce

from library.models import Library, LibraryMember, LibraryTally, MemberRole
from videorama.accounts.models import Role, User
from videorama.errors import NotFound
from videorama.preferences import queries as preferences

DEFAULT_LIBRARY = "general.default_library"

type Asker = User | AnonymousUser | None


def libraries_for(user: Asker) -> QuerySet[Library]:
    """Libraries the user may look into: public ones, own ones, those of which they are a member."""
    if not isinstance(user, User) or not user.is_active:
        return Library.objects.none()
    if user.is_admin:
        return Library.objects.all()
    return Library.objects.filter(
        Q(is_private=False) | Q(owner=user) | Q(pk__in=_memberships(user).values("library"))
    )


def editable_libraries_for(user: Asker) -> QuerySet[Library]:
    """Libraries whose content the user may change.

    Editors change public and own libraries; a member with the role editor changes that library,
    whatever their role elsewhere.
    """
    if not isinstance(user, User) or not user.is_active:
        return Library.objects.none()
    if user.is_admin:
        return Library.objects.all()
    allowed = Q(pk__in=_memberships(user).filter(role=MemberRole.EDITOR).values("library"))
    if user.is_editor:
        allowed |= Q(is_private=False) | Q(owner=user)
    return Library.objects.filter(allowed)


def editable_slugs(user: User) -> QuerySet[Library, str]:
    """Ids of the libraries the user may edit, for the jobs room."""
    return editable_libraries_for(user).values_list("slug", flat=True)


def counted_libraries(user: Asker) -> QuerySet[Library]:
    """The visible libraries with `entry_count`, `total_bytes` of originals and `total_s`."""
    return libraries_for(user).annotate(  # type: ignore[no-redef]  # the model declares them
        entry_count=_tally("entries"),
        total_bytes=_tally("size_bytes"),
        total_s=Cast(_tally("duration_ms"), FloatField()) / 1000.0,
    )


def shelves_for(user: Asker) -> QuerySet[Library]:
    """The visible libraries with `entry_count`, for the frame of every page."""
    counted = {"entry_count": _tally("entries")}
    return libraries_for(user).annotate(**counted)


def _tally(column: str) -> Coalesce:
    """What the database keeps count of, so that no list looks at every entry for it."""
    rows = LibraryTally.objects.filter(library_id=OuterRef("pk")).order_by()
    total = rows.values("library_id").annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), 0)


def library_by_slug(user: Asker, slug: str) -> Library:
    """The library; NotFound when there is none or the user may not know of it."""
    library = libraries_for(user).select_related("owner").filter(slug=slug).first()
    if library is None:
        raise NotFound
    return library


def usual_library_for(user: Asker) -> Library | None:
    """The one an administrator set for what fits no rule, if the user may edit it."""
    usual = preferences.value(DEFAULT_LIBRARY)
    return editable_libraries_for(user).filter(slug=usual).first() if usual else None


def default_library_for(user: Asker) -> Library | None:
    """Where an import goes when nobody chose.

    The one an administrator set, else "videos", else the oldest, of those the user may edit.
    """
    if usual := usual_library_for(user):
        return usual
    editable = editable_libraries_for(user)
    return editable.filter(slug="videos").first() or editable.order_by("pk").first()


def person_named(username: str) -> User:
    """An active user by name; NotFound for anybody else."""
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise NotFound
    return person


def members_of(library: Library) -> QuerySet[LibraryMember]:
    """Who belongs to the library beside its owner, by name."""
    return library.memberships.select_related("user").order_by("user__username", "pk")


def held_by(library: Library) -> dict[str, int]:
    """How many entries are in the library, `live` and `trashed`."""
    live = Count("pk", filter=Q(deleted_at__isnull=True))
    trashed = Count("pk", filter=Q(deleted_at__isnull=False))
    return library.entries.aggregate(live=live, trashed=trashed)


def outsiders_of(library: Library) -> int:
    """How many people see the library only as long as it is not private."""
    people = User.objects.filter(is_active=True).exclude(role=Role.ADMIN)
    members = library.memberships.values("user")
    return people.exclude(pk=library.owner_id).exclude(pk__in=members).count()


def people_like(library: Library, start: str, limit: int = 8) -> list[str]:
    """Names beginning so of people who might join; nothing for less than two letters."""
    start = start.replace("\0", "").strip()
    if len(start) < 2:
        return []
    people = User.objects.filter(is_active=True, username__istartswith=start)
    people = people.exclude(pk=library.owner_id)
    people = people.exclude(pk__in=library.memberships.values("user"))
    return list(people.order_by("username").values_list("username", flat=True)[:limit])


def may_edit(user: Asker, library: Library) -> bool:
    """The user may change what is in the library."""
    return editable_libraries_for(user).filter(pk=library.pk).exists()


def may_administer(user: Asker, library: Library) -> bool:
    """Privacy, members and removal are for the owner and administrators."""
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.is_admin or (user.is_editor and library.owner_id == user.pk)


def _memberships(user: User) -> QuerySet[LibraryMember]:
    return LibraryMember.objects.filter(user=user)
