"""The tags themselves: names, tree, merging."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from library.errors import TagCircle, TagOfOthers, TagTaken
from library.models import Entry, EntryTag, Tag, TagSource
from library.queries import editable_libraries_for, visible_tags
from library.services.facts import TAG_LIMIT, plain
from videorama.accounts.models import User
from videorama.errors import Invalid, NotAllowed, NotFound
from videorama.ledger.services import record

# Nobody sorts deeper; it also bounds the walk up the tree.
DEPTH_LIMIT = 12


def create_tag(*, user: User, name: str, parent: Tag | None = None) -> Tag:
    """A new tag. One that stands only where the asker cannot look counts as new."""
    _require_editor(user)
    name = _checked(name)
    with transaction.atomic():
        held = Tag.objects.filter(name__iexact=name).first()
        if held is not None and visible_tags(user).filter(pk=held.pk).exists():
            raise TagTaken
        tag = held or Tag.objects.create(name=name)
        if parent is not None and held is None:
            _refuse_circle(tag, parent)
            tag.parent = parent
            tag.save(update_fields=["parent"])
        record("tag.created", user=user, about=[("tag", tag.uuid)], data={"name": tag.name})
    return tag


def edit_tag(
    *, user: User, tag: Tag, name: str | None = None, parent: Tag | None = None, move: bool = False
) -> Tag:
    """Renames a tag; with `move` it goes below `parent`, or to the top when that is None."""
    _require_all(user, [tag])
    change: dict[str, object] = {}
    try:
        with transaction.atomic():
            tag = _held([tag])[0]
            if name is not None and (name := _checked(name)) != tag.name:
                change["name"] = {"from": tag.name, "to": name}
                tag.name = name
            if move and (parent.pk if parent else None) != tag.parent_id:
                if parent is not None:
                    parent = _held([parent])[0]
                    _refuse_circle(tag, parent)
                change["parent"] = {
                    "from": tag.parent.name if tag.parent else None,
                    "to": parent.name if parent else None,
                }
                tag.parent = parent
            if change:
                tag.save(update_fields=["name", "parent"])
                record("tag.edited", user=user, about=[("tag", tag.uuid)], data=change)
    except IntegrityError:
        raise TagTaken from None
    return tag


def delete_tag(*, user: User, tag: Tag) -> None:
    """Takes a tag off everything; what stood below it moves up one step."""
    _require_all(user, [tag])
    with transaction.atomic():
        tag = _held([tag])[0]
        Tag.objects.filter(parent=tag).update(parent=tag.parent_id)
        record("tag.deleted", user=user, about=[("tag", tag.uuid)], data={"name": tag.name})
        tag.delete()


def merge_tags(*, user: User, sources: Sequence[Tag], target: Tag) -> Tag:
    """Everything tagged with one of `sources` is tagged with `target` once; the sources go.

    A person's tag outranks a machine's, and one that is on outranks one that was taken off.
    """
    sources = [tag for tag in sources if tag.pk != target.pk]
    if not sources:
        raise Invalid(_("Choose at least one other tag to merge."), details={"field": "sources"})
    _require_all(user, [*sources, target])
    with transaction.atomic():
        target = _held([*sources, target])[-1]
        gone = {tag.pk for tag in sources}
        # The target may stand below one of the sources.
        while target.parent_id in gone:
            target.parent_id = Tag.objects.values_list("parent", flat=True).get(pk=target.parent_id)
        target.save(update_fields=["parent"])
        _merge_links(sources, target)
        Tag.objects.filter(parent__in=gone).exclude(pk=target.pk).update(parent=target)
        record(
            "tag.merged",
            user=user,
            about=[("tag", target.uuid), *(("tag", tag.uuid) for tag in sources)],
            data={"from": [tag.name for tag in sources], "to": target.name},
        )
        # Sources may stand below each other; none may hold another back.
        Tag.objects.filter(pk__in=gone).update(parent=None)
        Tag.objects.filter(pk__in=gone).delete()
    return target


def _held(tags: Sequence[Tag]) -> list[Tag]:
    """The tags as they are now, held until the transaction ends; NotFound when one is gone."""
    there = Tag.objects.select_for_update().order_by("pk")
    found = {tag.pk: tag for tag in there.filter(pk__in=[tag.pk for tag in tags])}
    if any(tag.pk not in found for tag in tags):
        raise NotFound
    return [found[tag.pk] for tag in tags]


def _merge_links(sources: Sequence[Tag], target: Tag) -> None:
    best: dict[int, EntryTag] = {}
    links = EntryTag.objects.filter(tag__in=[*sources, target]).order_by("pk")
    for link in links:
        kept = best.get(link.entry_id)
        if kept is None or _rank(link) > _rank(kept):
            best[link.entry_id] = link
    kept_ids = [link.pk for link in best.values()]
    links.exclude(pk__in=kept_ids).delete()
    EntryTag.objects.filter(tag__in=sources).update(tag=target)


def _rank(link: EntryTag) -> tuple[bool, bool]:
    return not link.hidden, link.source == TagSource.USER


def _refuse_circle(tag: Tag, parent: Tag) -> None:
    """Walks up from the parent; it must not meet the tag."""
    step: Tag | None = parent
    for _depth in range(DEPTH_LIMIT):
        if step is None:
            return
        if step.pk == tag.pk:
            raise TagCircle
        step = step.parent
    raise TagCircle(_("Tags stand at most 12 deep."))


def _checked(name: str) -> str:
    name = " ".join(plain(name).split())
    if not 1 <= len(name) <= TAG_LIMIT:
        raise Invalid(_("A tag has 1 to 100 characters."), details={"field": "name"})
    if "," in name:
        raise Invalid(_("A tag holds no comma."), details={"field": "name"})
    return name


def _require_editor(user: User) -> None:
    if not user.is_editor and not editable_libraries_for(user).exists():
        raise NotAllowed(_("Your account may watch, but not change tags."))


def _require_all(user: User, tags: Sequence[Tag]) -> None:
    """A tag belongs to all who use it: only who may change all of its entries changes it."""
    _require_editor(user)
    if user.is_admin:
        return
    tagged = Entry.objects.filter(entry_tags__tag__in=tags)
    others = tagged.exclude(library__in=editable_libraries_for(user).order_by())
    if others.exists():
        raise TagOfOthers
