"""One import, as an ordered list of stages.

The process may be killed at any moment and the job starts again from the top. So every stage first
looks at what is there: a note in the job's incoming folder, an entry that carries this job, an
inbox item of this job. Nothing a stage did is done twice, and nothing half done is believed.
"""

from collections.abc import Callable

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from imports import errors, filing, local, queries, storing, thumbnails
from imports.enrichment.file_names import title_from
from imports.enrichment.metadata import describe
from imports.services import download_limits, network_policy, require_editor
from imports.work import Import, Order
from imports.workspace import Fingerprint, Workspace
from library.errors import DuplicateContent
from library.models import Entry
from library.queries import entry_by_hash
from library.services import enqueue_renditions
from videorama.adapters import ffmpeg, ytdlp
from videorama.adapters.media import Downloaded, MediaFacts, SourceInfo
from videorama.errors import AppError, Transient
from videorama.jobs.errors import Interrupted
from videorama.jobs.run import Part, Run
from videorama.jobs.services import JobResult

PROBE_TIMEOUT_S = 60


def import_one(run: Run) -> JobResult:
    """The work of an import job; safe to run again after a kill at any moment.

    The incoming folder stays for a later attempt when the failure may pass, and goes otherwise.
    """
    work = _begin(run)
    try:
        with work.link:
            result = _walk(work)
    except (Interrupted, Transient):
        raise
    except (AppError, OSError):
        work.space.remove()
        raise
    work.space.remove()
    return result


def _begin(run: Run) -> Import:
    if run.owner is None:
        raise errors.NobodyAsks
    order = Order.of(run.params)
    is_chosen = bool(run.library) and order.chosen
    library = queries.library_of_job(run.library) if is_chosen else None
    if is_chosen and library is None:
        raise errors.LibraryGone
    # What the person may do can have changed since the request.
    require_editor(run.owner, library)
    near = library or filing.likely_library(run.owner)
    return Import(
        run=run,
        order=order,
        owner=run.owner,
        library=library,
        space=Workspace.of_job(run.uuid, near),
        entry=queries.entry_of_job(run.job_id),
        link=ytdlp.Link(order.source.url, policy=network_policy()),
    )


def _walk(work: Import) -> JobResult:
    """Goes through the stages; one that answers a result ends the import."""
    item = queries.inbox_item_of_job(work.run.job_id)
    if item is not None:
        return storing.to_inbox(work, item)
    stages = _AFTER_STORING if work.entry else STAGES
    for name, stage in stages:
        result = stage(work, work.run.stage(name))
        if result is not None:
            return result
    assert work.entry is not None
    if work.order.file is not None:
        local.leave(work, work.order.file)
    return JobResult(
        result={"entry_id": str(work.entry.uuid)},
        link=entry_link(work.entry),
        message=_("In your library."),
    )


def entry_link(entry: Entry) -> str:
    """The page of the entry."""
    return reverse("library:entry_detail", args=[entry.uuid])


def already_there(entry: Entry) -> JobResult:
    """The end of an import that has nothing to do."""
    return JobResult(
        result={"entry_id": str(entry.uuid), "was_known": True},
        link=entry_link(entry),
        message=_("Already in the library."),
    )


def probe(work: Import, part: Part) -> JobResult | None:
    """Asks the source what it has; ends here when that is in the library already."""
    if work.order.file is not None:
        local.look(work, work.order.file)
        return None
    info = work.space.recall("source", SourceInfo)
    if info is None:
        work.space.downloads.mkdir(exist_ok=True)
        info = work.link.probe(
            timeout_s=PROBE_TIMEOUT_S, check=work.run.check, home=work.space.downloads
        )
        work.space.keep("source", info)
    work.info = info
    work.run.describe(title=info.title, preview=thumbnails.address_of(info.thumbnail_url))
    work.run.log(_("Found “%(title)s” on %(platform)s.") % _named(info))
    known = None if work.order.force else queries.known_media(work.owner, work.order.source, info)
    if known is None:
        return None
    return already_there(known)


def download(work: Import, part: Part) -> None:
    """Fetches the media, its subtitles and its picture; goes on where an earlier try stopped."""
    if work.order.file is not None:
        work.download = local.bring(work, work.order.file, part)
        return
    found = work.space.recall("downloaded", Downloaded)
    if found is None or not found.path.is_file():
        work.space.downloads.mkdir(exist_ok=True)
        found = work.link.download(
            work.space.downloads,
            preset=work.order.preset,
            progress=part,
            check=work.run.check,
            limits=download_limits(),
        )
        work.space.keep("downloaded", found)
    work.download = found
    size = filesizeformat(found.path.stat().st_size)
    work.run.log(_("Downloaded %(size)s.") % {"size": size})


def fingerprint(work: Import, part: Part) -> JobResult | None:
    """Knows the file by its bytes; ends in the inbox when the library has the same ones."""
    mark = work.space.recall("fingerprint", Fingerprint)
    if mark is None or not mark.fits(work.download.path):
        mark = Fingerprint.of(work.download.path, part, work.run.check)
        work.space.keep("fingerprint", mark)
    work.fingerprint = mark
    existing = entry_by_hash(work.owner, work.library, mark.sha256)
    if existing and work.order.file is not None and work.order.file.mode:
        # Of a folder read in as a whole, what is there already is passed over and stays.
        return already_there(existing)
    return storing.duplicate(work, existing) if existing else None


def inspect(work: Import, part: Part) -> None:
    """Looks into the file, whatever its name says; refuses what cannot be played."""
    facts = work.space.recall("facts", MediaFacts)
    if facts is None:
        facts = ffmpeg.inspect(work.download.path, work.run.check)
        work.space.keep("facts", facts)
    work.facts = facts
    work.run.log(_("It is %(what)s.") % {"what": quality(facts)})


def metadata(work: Import, part: Part) -> None:
    """Names and describes it from the page and the file."""
    file = work.order.file
    work.description = describe(
        work.info,
        work.facts,
        url=work.order.source.url,
        file_title=title_from(file.name) if file else "",
    )
    work.run.describe(title=work.description.title)


def decide(work: Import, part: Part) -> JobResult | None:
    """Finds its library; what has none for sure waits in the inbox for a person."""
    return filing.decide(work)


def store(work: Import, part: Part) -> JobResult | None:
    """Files it: bytes in place and rows written, both or neither."""
    try:
        work.entry = storing.add(work)
    except DuplicateContent as error:
        # Another import of the same bytes was stored since the fingerprint.
        if work.order.file is not None and work.order.file.mode:
            return already_there(error.entry)
        return storing.duplicate(work, error.entry)
    work.run.remember(entry_id=str(work.entry.uuid))
    work.run.describe(link=entry_link(work.entry), library=work.entry.library.slug)
    return None


def poster(work: Import, part: Part) -> None:
    """Gives it a picture, and asks for what can be made later: preview frames, playable copy."""
    assert work.entry is not None
    filing.remember(work, work.entry)
    storing.add_poster(work, work.entry)
    enqueue_renditions(entry=work.entry, user=work.owner)


def quality(facts: MediaFacts) -> str:
    """The facts in one line, for the log: 1920x1080 h264, aac."""
    size = f"{facts.width}x{facts.height}" if facts.width and facts.height else ""
    words = [" ".join(filter(None, [size, facts.video_codec])), facts.audio_codec, facts.format]
    return ", ".join(word for word in words if word)


def _named(info: SourceInfo) -> dict[str, str]:
    return {"title": info.title or info.url, "platform": info.platform}


Stage = Callable[[Import, Part], JobResult | None]
STAGES: tuple[tuple[str, Stage], ...] = (
    ("probe", probe),
    ("download", download),
    ("fingerprint", fingerprint),
    ("inspect", inspect),
    ("metadata", metadata),
    ("decide", decide),
    ("store", store),
    ("poster", poster),
)
_AFTER_STORING = STAGES[-1:]
