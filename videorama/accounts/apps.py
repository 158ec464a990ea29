"""App name, and what the settings show of this room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """The room accounts."""

    name = "videorama.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Registers the page of users and whether strangers may make accounts."""
        from videorama.accounts import queries
        from videorama.preferences import checklist
        from videorama.preferences.registry import Preference, Section, register, register_section

        register_section(Section("users", _("Users"), "user", 15, url_name="accounts:user_list"))
        register(
            Preference(
                key="accounts.open_registration",
                label=_("Let anybody make an account"),
                kind="flag",
                default=False,
                help=_(
                    "Whoever reaches this server may then register as a viewer. "
                    "Otherwise people come in by invitation only."
                ),
            )
        )
        checklist.register(
            checklist.Step(
                name="people",
                order=40,
                label=_("Invite somebody"),
                help=_("People get a link that works once."),
                link=("accounts:user_list",),
                is_done=lambda user: queries.is_anybody_invited(),
            )
        )
