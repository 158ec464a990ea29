"""Making, changing and removing libraries, and who belongs to them."""

import re
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from library import files, paths
from library.errors import LibraryNotEmpty, LibraryTaken, MayNotEdit, OutsideRoot
from library.models import Library, LibraryMember, MemberRole
from library.queries import editable_libraries_for, may_administer
from library.services.moves import enqueue_organizing, refuse_while_organizing
from videorama.accounts.models import User
from videorama.errors import Conflict, Invalid, NotAllowed, NotFound
from videorama.jobs.models import Job
from videorama.ledger.services import record

DEFAULT_SLUG = "videos"
# Words that stand beside the id in addresses.
RESERVED = frozenset({"new", "browse", "template", "folders"})
SETTINGS = frozenset(
    {
        "name",
        "description",
        "icon",
        "is_private",
        "path_template",
        "auto_organize",
        "auto_tag_from_path",
        "confidence_threshold",
    }
)
_SLUG = re.compile(r"[a-z0-9_-]{1,50}")


def create_library(
    *, user: User, slug: str, name: str, root: str = "", folder: str = "", **settings: Any
) -> Library:
    """A new library of the user's, with its folder on disk.

    `folder` is relative to the root and defaults to the slug; `settings` are fields in SETTINGS.
    Raises Invalid (details name the field), LibraryTaken, NotAllowed.
    """
    if not user.is_editor:
        raise NotAllowed(_("Only editors may make libraries."))
    if not _SLUG.fullmatch(slug) or slug in RESERVED:
        raise _invalid("id", _("An id has 1 to 50 lower-case letters, digits, _ and -."))
    root = root or files.default_root()
    folder = (folder or slug).strip("/")
    library = Library(slug=slug, root=root, folder=folder, owner=user)
    _apply(library, {"name": name, **settings})
    if Library.objects.filter(slug=slug).exists():
        raise LibraryTaken
    _check_folder(root, folder)
    with files.storage_errors():
        files.make_folders(files.inside(root, folder))
    try:
        with transaction.atomic():
            library.save(force_insert=True)
            data = {"name": library.name, "is_private": library.is_private}
            record("library.created", user=user, about=[("library", slug)], data=data)
    except IntegrityError:
        raise LibraryTaken from None
    return library


def ensure_default_library(*, user: User) -> Library:
    """Where imports go when nobody chose: the library "videos", made on the first call."""
    editable = editable_libraries_for(user)
    for slug in (DEFAULT_SLUG, f"{DEFAULT_SLUG}-{user.pk}"):
        found = editable.filter(slug=slug).first()
        if found is not None:
            return found
        try:
            return create_library(user=user, slug=slug, name=_("Videos"))
        except LibraryTaken:
            # Another request made it just now, or it belongs to people this user is not among.
            found = editable.filter(slug=slug).first()
            if found is not None:
                return found
    raise MayNotEdit


def edit_library(*, user: User, library: Library, **settings: Any) -> Library:
    """Changes fields in SETTINGS. Privacy is for the owner and administrators."""
    _require_editable(user, library)
    if "is_private" in settings and settings["is_private"] != library.is_private:
        _require_administered(user, library)
    _apply(library, settings)
    with transaction.atomic():
        # Not from memory: a form may have set the new values there already.
        before = Library.objects.select_for_update().filter(pk=library.pk).values(*settings).first()
        if before is None:  # Deleted meanwhile.
            raise NotFound
        _save(library, *settings)
        data = {
            name: {"from": old, "to": getattr(library, name)}
            for name, old in before.items()
            if old != getattr(library, name)
        }
        if data:
            record("library.edited", user=user, about=[("library", library.slug)], data=data)
    return library


def relocate_library(*, user: User, library: Library, root: str, folder: str) -> Job | None:
    """Gives the library another folder; a job then moves its files there, None when it has none.

    The files stay within reach all the time: each row says where its file is. For the owner and
    administrators. Raises BeingOrganized, Invalid, LibraryTaken.
    """
    _require_administered(user, library)
    root, folder = root or library.root, folder.strip("/")
    if (root, folder) == (library.root, library.folder):
        return None
    refuse_while_organizing(library)
    _check_folder(root, folder, library)
    with files.storage_errors():
        files.make_folders(files.inside(root, folder))
    data = {
        "root": {"from": library.root, "to": root},
        "folder": {"from": library.folder, "to": folder},
    }
    old = (library.root, library.folder)
    try:
        with transaction.atomic():
            same = Library.objects.filter(pk=library.pk, root=old[0], folder=old[1])
            if not same.update(root=root, folder=folder, updated_at=timezone.now()):
                raise Conflict  # Somebody else gave it another folder just now, or deleted it.
            library.root, library.folder = root, folder
            has_files = library.entries.filter(deleted_at__isnull=True).exists()
            job = enqueue_organizing(user, library) if has_files else None
            record("library.relocated", user=user, about=[("library", library.slug)], data=data)
    except IntegrityError:
        raise LibraryTaken(_("Another library uses this folder.")) from None
    if job is None:
        files.prune(files.inside(*old), files.root_path(old[0]))
    return job


def delete_library(*, user: User, library: Library) -> None:
    """Removes an empty library; its folder goes when nothing is left in it."""
    _require_administered(user, library)
    about, data = [("library", library.slug)], {"name": library.name}
    try:
        with transaction.atomic():
            library.delete()
            record("library.deleted", user=user, about=about, data=data)
    except ProtectedError:
        live = library.entries.filter(deleted_at__isnull=True).count()
        trashed = library.entries.filter(deleted_at__isnull=False).count()
        message = "" if live else _("Entries of this library are still in the trash.")
        raise LibraryNotEmpty(message, details={"entries": live, "in_trash": trashed}) from None
    files.prune(files.inside(library.root, library.folder), files.root_path(library.root))


def set_member(*, user: User, library: Library, member: User, role: str) -> LibraryMember:
    """Lets somebody in, or changes what they may do."""
    _require_administered(user, library)
    if role not in MemberRole.values:
        raise _invalid("role", _("A member is a viewer or an editor."))
    if member.pk == library.owner_id:
        raise Conflict(_("The owner has every right already."))
    try:
        with transaction.atomic():
            held = LibraryMember.objects.select_for_update().filter(library=library, user=member)
            before = held.values_list("role", flat=True).first() or ""
            membership, _made = LibraryMember.objects.update_or_create(
                library=library, user=member, defaults={"role": role}
            )
            if before != role:
                data = {"member": member.username, "role": {"from": before, "to": role}}
                about = [("library", library.slug), ("user", member.uuid)]
                record("library.member_set", user=user, about=about, data=data)
    except IntegrityError:  # One of the two was deleted meanwhile.
        raise NotFound from None
    return membership


def remove_member(*, user: User, library: Library, member: User) -> None:
    """Takes somebody out; NotFound for somebody who is no member."""
    _require_administered(user, library)
    with transaction.atomic():
        deleted, _rows = LibraryMember.objects.filter(library=library, user=member).delete()
        if not deleted:
            raise NotFound
        about = [("library", library.slug), ("user", member.uuid)]
        record("library.member_removed", user=user, about=about, data={"member": member.username})


def set_owner(*, user: User, library: Library, owner: User) -> None:
    """Hands the library over to an editor; the one who had it stays as an editor of it."""
    _require_administered(user, library)
    if not owner.is_editor:
        raise _invalid("owner", _("Only editors and administrators can own a library."))
    before = library.owner
    if before.pk == owner.pk:
        return
    with transaction.atomic():
        same = Library.objects.filter(pk=library.pk, owner=before)
        if not same.update(owner=owner, updated_at=timezone.now()):
            raise Conflict  # Somebody else handed it over just now.
        library.owner = owner
        LibraryMember.objects.filter(library=library, user=owner).delete()
        LibraryMember.objects.update_or_create(
            library=library, user=before, defaults={"role": MemberRole.EDITOR}
        )
        record(
            "library.owner_set",
            user=user,
            about=[("library", library.slug), ("user", owner.uuid), ("user", before.uuid)],
            data={"owner": {"from": before.username, "to": owner.username}},
        )


def _apply(library: Library, settings: dict[str, Any]) -> None:
    """Sets the fields after checking them; the library is not saved."""
    unknown = settings.keys() - SETTINGS
    if unknown:
        raise _invalid(min(unknown), _("This field cannot be set."))
    for field, value in settings.items():
        setattr(library, field, value.strip() if isinstance(value, str) else value)
    if not 1 <= len(library.name) <= 100 or "\0" in library.name:
        raise _invalid("name", _("A name has 1 to 100 characters."))
    if len(library.description) > 500 or "\0" in library.description:
        raise _invalid("description", _("A description has at most 500 characters."))
    if not 1 <= len(library.icon) <= 16 or "\0" in library.icon:
        raise _invalid("icon", _("An icon is one symbol."))
    if not 0 <= library.confidence_threshold <= 1:
        raise _invalid("confidence_threshold", _("The threshold lies between 0 and 1."))
    paths.check_template(library.path_template)


def _save(library: Library, *fields: str) -> None:
    try:
        library.save(update_fields=[*fields, "updated_at"])
    except Library.NotUpdated:  # Deleted meanwhile.
        raise NotFound from None


def _check_folder(root: str, folder: str, library: Library | None = None) -> None:
    """A usable place inside a known root, apart from every other library's."""
    if root not in files.root_names():
        raise _invalid("root", _("There is no storage root of this name."))
    steps = folder.split("/")
    if len(folder) > 500 or any(paths.safe_name(step) != step for step in steps):
        raise _invalid("folder", _("This folder name cannot be used."))
    try:
        files.inside(root, folder)
    except OutsideRoot:
        raise _invalid("folder", _("The folder must lie inside the storage root.")) from None
    above = ["/".join(steps[:depth]) for depth in range(1, len(steps) + 1)]
    shelves = Library.objects.filter(root=root)
    if library is not None:
        shelves = shelves.exclude(pk=library.pk)
    if (
        shelves.filter(folder__in=above).exists()
        or shelves.filter(folder__startswith=f"{folder}/").exists()
    ):
        raise LibraryTaken(_("Another library uses this folder."))


def _require_editable(user: User, library: Library) -> None:
    if not editable_libraries_for(user).filter(pk=library.pk).exists():
        raise MayNotEdit


def _require_administered(user: User, library: Library) -> None:
    if not may_administer(user, library):
        raise NotAllowed(_("Only the owner and administrators may do this."))


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, details={"field": field})
