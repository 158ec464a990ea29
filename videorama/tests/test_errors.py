"""AppError: what it says, and when that is decided."""

from django.utils.functional import lazy
from django.utils.translation import get_language, override

from videorama.errors import AppError, Conflict

_language = lazy(get_language, str)


class Refused(Conflict):
    """Says which language it was asked in."""

    code, sentence = "refused", _language()


def test_a_sentence_is_translated_when_it_is_shown() -> None:
    with override("de"):
        error = Refused()
    with override("fr"):
        assert error.message == str(error) == "fr"


def test_own_words_and_code_win_over_those_of_the_class() -> None:
    error = Refused("Not today.", code="today", details={"day": 5})
    assert (error.message, error.code, error.status) == ("Not today.", "today", 409)
    assert error.details == {"day": 5}
    assert AppError().message
