"""What the settings know of this room: how downloads are made."""

from django.utils.translation import gettext_lazy as _

from imports.choices import preset_label
from videorama.adapters.media import PRESETS
from videorama.preferences import queries
from videorama.preferences.checklist import Step
from videorama.preferences.registry import Preference

PREFERENCES = (
    Preference(
        key="downloader.preset",
        label=_("Usual format"),
        kind="choice",
        default="video_max",
        help=_("Taken when nobody chooses a format, and chosen beforehand on the import page."),
        choices=lambda: [(name, preset_label(name)) for name in PRESETS],
        env="VIDEORAMA_PRESET",
    ),
    Preference(
        key="downloader.rate_limit",
        label=_("Speed limit in megabytes per second"),
        kind="number",
        default=0,
        help=_("For each download that starts from now on; 0 is no limit."),
        low=0,
        high=10_000,
        is_whole=False,
        env="VIDEORAMA_RATE_LIMIT",
    ),
    Preference(
        key="downloader.proxy",
        label=_("Proxy"),
        kind="address",
        default="",
        help=_(
            "An HTTP proxy such as http://proxy.example.org:3128. Everything that imports "
            "fetch goes through it, and nothing else. Empty means the direct way."
        ),
        schemes=("http",),
        env="VIDEORAMA_PROXY",
    ),
    Preference(
        key="downloader.proxy_user",
        label=_("User name at the proxy"),
        kind="text",
        default="",
        help=_("Only if the proxy asks for one."),
    ),
    Preference(
        key="downloader.proxy_password",
        label=_("Password at the proxy"),
        kind="secret",
        default="",
    ),
)

PRESET_STEP = Step(
    name="preset",
    order=30,
    label=_("Choose the usual format"),
    help=_("What imports fetch when nobody chooses; saving the page is enough."),
    link=("preferences:section", "downloader"),
    is_done=lambda user: queries.state("downloader.preset").source != "default",
)
