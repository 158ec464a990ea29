"""Services that others run for us: what is set for them, and whether it works."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from videorama.adapters import llm
from videorama.errors import Conflict
from videorama.preferences import queries
from videorama.preferences.registry import Preference

URL, MODEL, KEY = "providers.llm_url", "providers.llm_model", "providers.llm_api_key"

PREFERENCES = (
    Preference(
        URL,
        gettext_lazy("Address of the language model"),
        "address",
        "",
        help=gettext_lazy(
            "Any OpenAI-compatible service, in this network or outside, such as "
            "https://llm.example.org/v1."
        ),
        env="VIDEORAMA_LLM_URL",
    ),
    Preference(MODEL, gettext_lazy("Model"), "text", "", env="VIDEORAMA_LLM_MODEL"),
    Preference(
        KEY,
        gettext_lazy("API key"),
        "secret",
        "",
        help=gettext_lazy("Empty for services that ask for none."),
        env="VIDEORAMA_LLM_API_KEY",
    ),
)


class NotSet(Conflict):
    """There is nothing to try yet."""

    code = "not_set"
    sentence = gettext_lazy("Save an address first.")


def is_llm_set() -> bool:
    """A language model was chosen."""
    return bool(queries.value(URL))


def try_llm(user: Any) -> str:
    """Asks the service for its models, with what is saved; a sentence on how that went."""
    known = queries.values_of(URL, MODEL, KEY)
    if not known[URL]:
        raise NotSet
    names = llm.models(known[URL], known[KEY])
    model = known[MODEL]
    if model and model not in names:
        raise llm.ProviderRefused(
            _("The service answers, but does not know the model “%(model)s”.") % {"model": model}
        )
    return ngettext(
        "The service answers and has %(count)d model.",
        "The service answers and has %(count)d models.",
        len(names),
    ) % {"count": len(names)}
