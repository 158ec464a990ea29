"""What can be wrong with a setting."""

from django.utils.translation import gettext_lazy as _

from videorama.errors import Invalid, NotFound


class BadValues(Invalid):
    """Values that cannot be kept; `details.fields` has the sentences by key."""

    code, sentence = "invalid", _("Some settings cannot be kept as they are.")


class NoTest(NotFound):
    """This page has nothing to try."""

    sentence = _("There is nothing to test here.")
