"""App names; carries the commands that start the program."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class VideoramaConfig(AppConfig):
    """The project package as an app, so that its commands and tests are found."""

    name = "videorama"
    default = True


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin with our own site: our sign-in, administrators only."""

    default = False
    default_site = "videorama.admin.RepairDesk"
