"""Repair desk of the library room."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from library import models, services
from videorama.accounts.auth import caller
from videorama.errors import AppError

if TYPE_CHECKING:  # These classes take no parameters while running.
    Desk = admin.ModelAdmin[Any]
    Lines = admin.TabularInline[Any, Any]
else:
    Desk, Lines = admin.ModelAdmin, admin.TabularInline


class MemberInline(Lines):
    """Who belongs to a library."""

    model = models.LibraryMember
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(models.Library)
class LibraryAdmin(Desk):
    """Libraries; root and folder are fixed, since files lie there."""

    list_display = ["name", "slug", "owner", "is_private", "root", "folder"]
    list_filter = ["is_private", "root"]
    list_select_related = ["owner"]
    search_fields = ["slug", "name"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["root", "folder", "created_at", "updated_at"]
    inlines = [MemberInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The slug stands in addresses of others, so it never changes."""
        return [*self.readonly_fields, "slug"] if obj else self.readonly_fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Libraries are made where their folder is made too."""
        return False


class EntryFileInline(Lines):
    """Files of an entry; only looked at, since the disk would not follow."""

    model = models.EntryFile
    fields = ["role", "root", "path", "size_bytes", "is_available", "is_live"]
    readonly_fields = ["role", "root", "path", "size_bytes", "is_available", "is_live"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Files come in through imports."""
        return False


class EntryTagInline(Lines):
    """Tags of an entry."""

    model = models.EntryTag
    autocomplete_fields = ["tag"]
    extra = 0


class EntryPropertyInline(Lines):
    """Properties of an entry."""

    model = models.EntryProperty
    extra = 0


@admin.register(models.Entry)
class EntryAdmin(Desk):
    """Entries; deletion goes through the trash."""

    list_display = ["title", "library", "media_kind", "platform", "added_at", "deleted_at"]
    list_filter = ["library", "media_kind", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["library"]
    search_fields = ["title", "uploader", "original_url", "uuid"]
    date_hierarchy = "added_at"
    readonly_fields = [
        "uuid", "library", "subfolder", "media_kind", "duration_s", "import_job",
        "view_count", "last_viewed_at", "added_at", "updated_at", "deleted_at",
    ]  # fmt: skip
    inlines = [EntryFileInline, EntryTagInline, EntryPropertyInline]
    actions = ["move_to_trash", "make_renditions"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Entries come in through imports."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows alone would leave files behind; the actions call the services."""
        return False

    @admin.action(description=_("Move to the trash with their files"))
    def move_to_trash(self, request: HttpRequest, entries: QuerySet[models.Entry]) -> None:
        """Deletes with files, entry by entry."""
        for entry in entries.filter(deleted_at__isnull=True).select_related("library"):
            try:
                services.delete_entry(user=caller(request), entry=entry, with_files=True)
            except AppError as error:
                self.message_user(request, f"{entry}: {error.message}", messages.ERROR)

    @admin.action(description=_("Make preview frames and browser copies that are missing"))
    def make_renditions(self, request: HttpRequest, entries: QuerySet[models.Entry]) -> None:
        """Asks for the jobs, entry by entry."""
        for entry in entries.filter(deleted_at__isnull=True).select_related("library"):
            services.enqueue_renditions(entry=entry, user=caller(request))


class ReadOnlyAdmin(Desk):
    """Facts that are only looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They arise elsewhere."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They stay as they are."""
        return False


@admin.register(models.EntryFile)
class EntryFileAdmin(ReadOnlyAdmin):
    """Files and where they lie."""

    list_display = ["path", "role", "entry", "root", "size_bytes", "is_available", "is_live"]
    list_filter = ["role", "root", "is_available", "is_live"]
    list_select_related = ["entry"]
    search_fields = ["path", "sha256", "entry__title"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The disk would not follow."""
        return False


@admin.register(models.Tag)
class TagAdmin(Desk):
    """The tag tree."""

    list_display = ["name", "parent"]
    list_select_related = ["parent"]
    search_fields = ["name"]
    autocomplete_fields = ["parent"]


@admin.register(models.EntryTag)
class EntryTagAdmin(Desk):
    """Which tag came from where."""

    list_display = ["tag", "entry", "source", "confidence", "hidden"]
    list_filter = ["source", "hidden"]
    list_select_related = ["tag", "entry"]
    search_fields = ["tag__name", "entry__title"]
    autocomplete_fields = ["tag", "entry"]


@admin.register(models.EntryProperty)
class EntryPropertyAdmin(Desk):
    """Facts about entries."""

    list_display = ["key", "value", "entry", "source", "updated_at"]
    list_filter = ["source"]
    list_select_related = ["entry"]
    search_fields = ["key", "value", "entry__title"]
    autocomplete_fields = ["entry"]


@admin.register(models.EntryState)
class EntryStateAdmin(Desk):
    """What people keep about entries."""

    list_display = ["entry", "user", "favorite", "rating", "position_s", "watched_at"]
    list_filter = ["favorite", "rating"]
    list_select_related = ["entry", "user"]
    search_fields = ["entry__title", "user__username"]
    autocomplete_fields = ["entry", "user"]


@admin.register(models.LibraryMember)
class LibraryMemberAdmin(Desk):
    """Who belongs where."""

    list_display = ["library", "user", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["library", "user"]
    search_fields = ["library__name", "user__username"]
    autocomplete_fields = ["library", "user"]


@admin.register(models.Chapter)
class ChapterAdmin(Desk):
    """Chapters of entries."""

    list_display = ["title", "entry", "start_ms", "end_ms", "source"]
    list_filter = ["source"]
    list_select_related = ["entry"]
    search_fields = ["title", "entry__title"]
    autocomplete_fields = ["entry"]


@admin.register(models.DownloadEvent)
class DownloadEventAdmin(ReadOnlyAdmin):
    """What was played and downloaded."""

    list_display = [
        "entry", "user", "format", "bytes_transferred", "completed", "ip_address", "created_at",
    ]  # fmt: skip
    list_filter = ["format", "completed"]
    list_select_related = ["entry", "user"]
    search_fields = ["entry__title", "user__username", "ip_address"]
    date_hierarchy = "created_at"


@admin.register(models.LogPosition)
class LogPositionAdmin(ReadOnlyAdmin):
    """How far nginx's logs were read; deleting one counts what is left of its log again."""

    list_display = ["identity", "offset", "read_at"]
    search_fields = ["identity"]


@admin.register(models.BulkChange)
class BulkChangeAdmin(ReadOnlyAdmin):
    """What was done to many entries at once."""

    list_display = ["kind", "user", "skipped", "created_at", "undone_at"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    date_hierarchy = "created_at"


@admin.register(models.BulkItem)
class BulkItemAdmin(ReadOnlyAdmin):
    """How each of these entries was before."""

    list_display = ["entry", "change"]
    list_select_related = ["entry", "change__user"]
    search_fields = ["entry__title"]


@admin.register(models.EntrySource)
class EntrySourceAdmin(Desk):
    """Further addresses that entries are known by."""

    list_display = ["url", "entry", "added_at"]
    list_select_related = ["entry"]
    search_fields = ["url", "entry__title"]
    autocomplete_fields = ["entry"]
