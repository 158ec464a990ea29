"""What can go wrong with a backup."""

from django.utils.translation import gettext_lazy as _

from videorama.errors import AppError, Conflict, Invalid, NotFound


class NoBackup(NotFound):
    """There is none of this name."""

    code, sentence = "no_backup", _("There is no such backup.")


class NameTaken(Conflict):
    """A file of this name is there already; nothing is ever written over."""

    code, sentence = "name_taken", _("There is already a file of this name.")


class NotWritable(AppError):
    """The disk took less than the whole."""

    code, status, sentence = "backup_not_written", 507, _("The backup could not be written.")


class NotReadable(AppError):
    """The database did not give all of its rows."""

    code, status, sentence = "database_unreadable", 503, _("The database cannot be read.")


class Damaged(Invalid):
    """It is no backup, is cut off, or is not as it was written."""

    code, sentence = "damaged", _("This is no whole backup; nothing was changed.")


class TooNew(Invalid):
    """A later version made it."""

    code, sentence = "too_new", _("A newer version of Videorama made this backup.")


class NotEmpty(Conflict):
    """The database holds data that a restore would replace."""

    code = "not_empty"
    sentence = _("This database holds data already; restore with --replace to lose it.")


class InUse(Conflict):
    """Somebody works on the data."""

    code, sentence = "in_use", _("Videorama is running on this data. Stop it first.")


class DoesNotFit(Conflict):
    """The database refused a row."""

    code, sentence = "does_not_fit", _("This database does not take the backup.")
