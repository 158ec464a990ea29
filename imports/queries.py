"""Reads of the imports room, always by who asks."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from imports import subtitle_names
from imports.errors import BadAddress
from imports.models import Decision, InboxItem, Rule, Upload, UploadState
from imports.sources import Source, normalize
from library.models import Entry, Library
from library.queries import editable_libraries_for, entries_for, known_source
from videorama.accounts.models import Role, User
from videorama.adapters.media import SourceInfo
from videorama.errors import NotFound
from videorama.jobs.models import ENDED, OPEN, Job
from videorama.jobs.queries import jobs_for

# Extractors whose ids are file names: two sites may well have a "video1".
_WEAK_IDS = frozenset({"", "generic", "html5"})
# Ends of an import that trying again with the same file cannot change.
HOPELESS = frozenset({"not_media", "upload_gone"})

SUBTITLES = Q(
    *(Q(filename__iendswith=ending) for ending in subtitle_names.ENDINGS), _connector=Q.OR
)


def inbox_for(user: User) -> QuerySet[InboxItem]:
    """Inbox items the user may decide: own ones, and those of libraries they may edit."""
    items = InboxItem.objects.select_related("library", "existing", "job").annotate(
        # The entry that has the same file may lie where the user may not look.
        shows_existing=Exists(entries_for(user).filter(pk=OuterRef("existing_id")))
    )
    if user.is_admin:
        return items
    return items.filter(Q(owner=user) | Q(library__in=editable_libraries_for(user)))


def open_inbox_for(user: User, kind: str = "") -> QuerySet[InboxItem]:
    """Those that nobody has decided."""
    items = inbox_for(user).filter(decision=Decision.OPEN)
    return items.filter(kind=kind) if kind else items


def inbox_item_by_uuid(user: User, uuid: UUID | str) -> InboxItem:
    """The item, decided or not; NotFound for one the user may not decide."""
    item = inbox_for(user).filter(uuid=uuid).first()
    if item is None:
        raise NotFound
    return item


def rules_for(user: User) -> QuerySet[Rule]:
    """Rules the user may see and switch: own ones, and common ones of libraries they may edit."""
    rules = Rule.objects.select_related("library", "created_by")
    if user.is_admin:
        return rules
    return rules.filter(
        Q(user=user) | Q(user__isnull=True, library__in=editable_libraries_for(user))
    )


def rule_by_uuid(user: User, uuid: UUID | str) -> Rule:
    """The rule; NotFound for one the user may not switch."""
    rule = rules_for(user).filter(uuid=uuid).first()
    if rule is None:
        raise NotFound
    return rule


def import_jobs_for(user: User) -> QuerySet[Job]:
    """Import jobs the user may see, newest first."""
    return jobs_for(user).filter(kind="import")


def known_address(user: User, source: Source) -> Entry | None:
    """The entry that came from this address, as far as the address alone tells."""
    return known_source(user, normalized_url=source.normalized)


def known_media(user: User, source: Source, info: SourceInfo) -> Entry | None:
    """The same once the source has been asked: also by its own id, and where it forwarded to."""
    extractor = info.extractor.lower()
    has_id = extractor not in _WEAK_IDS and bool(info.source_id)
    return known_source(
        user,
        normalized_url=source.normalized,
        extractor=info.extractor if has_id else "",
        source_id=info.source_id if has_id else "",
    ) or known_source(user, normalized_url=_normalized(info.webpage_url))


def _normalized(url: str) -> str:
    """The comparable form of an address a source gave; empty when it is none."""
    try:
        return normalize(url)
    except BadAddress:
        return ""


def entry_of_job(job_id: int) -> Entry | None:
    """What this job stored, in this or an earlier claim."""
    return Entry.objects.select_related("library").filter(import_job_id=job_id).first()


def inbox_item_of_job(job_id: int) -> InboxItem | None:
    """What this job left for a person to decide."""
    return InboxItem.objects.filter(job_id=job_id).first()


def library_of_job(slug: str) -> Library | None:
    """The library a running job files into; None when it is gone."""
    return Library.objects.filter(slug=slug).first()


def person_at_the_keyboard(name: str | None) -> User:
    """For whom a command works: the named account, or the first administrator."""
    users = User.objects.filter(is_active=True)
    found = (
        users.filter(username__iexact=name).first()
        if name
        else users.filter(role=Role.ADMIN).order_by("pk").first()
    )
    if found is None:
        raise NotFound(
            _("There is no account named %(name)s.") % {"name": name}
            if name
            else _("There is no administrator yet. Start Videorama and set it up first.")
        )
    return found


def uploads_for(user: User) -> QuerySet[Upload]:
    """The user's own uploads, newest first; nobody else's, whatever the role."""
    return Upload.objects.filter(owner=user).select_related("library", "job")


def open_uploads_for(user: User) -> QuerySet[Upload]:
    """Those that have not arrived in full."""
    return uploads_for(user).filter(state=UploadState.OPEN)


def unfinished_uploads_for(user: User) -> QuerySet[Upload]:
    """What the user has to do something about: open ones, and subtitles without their video."""
    alone = Q(pk__in=waiting_subtitles_for(user).order_by().values("pk"))
    return uploads_for(user).filter(Q(state=UploadState.OPEN) | alone)


def waiting_subtitles_for(user: User) -> QuerySet[Upload]:
    """Arrived subtitles whose video has not."""
    rows = uploads_for(user).filter(SUBTITLES, state=UploadState.WHOLE, job__isnull=True)
    return rows.select_related("library", "owner")


def dropped_uploads() -> QuerySet[Upload]:
    """Arrived media whose import somebody put away: nobody comes back for it."""
    return Upload.objects.filter(~SUBTITLES, state=UploadState.WHOLE, job__isnull=True)


def stored_videos_for(user: User) -> QuerySet[Upload]:
    """Uploads that were given to an import, the newest first."""
    rows = uploads_for(user).filter(job__isnull=False).exclude(state=UploadState.OPEN)
    return rows.select_related("library", "owner", "job")


def upload_by_uuid(user: User, upload_uuid: UUID | str) -> Upload:
    """One of the user's own uploads; NotFound for anybody else's."""
    upload = uploads_for(user).filter(uuid=upload_uuid).first()
    if upload is None:
        raise NotFound
    return upload


def any_upload(upload_uuid: UUID | str) -> Upload | None:
    """An upload for whoever was let in before, with all that is told of it."""
    uploads = Upload.objects.select_related("library", "owner", "job")
    return uploads.filter(uuid=upload_uuid).first()


def uploads_of_job(job_id: int) -> QuerySet[Upload]:
    """The upload an import was made from; none for links."""
    return Upload.objects.filter(job_id=job_id).select_related("owner")


def entry_by_id(uuid: str | None) -> Entry | None:
    """An entry that a job names as its result."""
    return Entry.objects.select_related("library").filter(uuid=uuid).first() if uuid else None


def ended_uploads() -> QuerySet[Upload]:
    """Uploads whose import has ended and which were not let go of yet."""
    return Upload.objects.filter(state=UploadState.WHOLE, job__status__in=ENDED)


def expired_uploads() -> QuerySet[Upload]:
    """What nobody went on with for days. One that is being imported is not forgotten."""
    old = Upload.objects.filter(expires_at__lt=timezone.now())
    return old.exclude(state=UploadState.WHOLE, job__status__in=OPEN)
