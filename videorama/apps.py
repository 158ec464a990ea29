"""App name; carries the commands that start the program."""

from django.apps import AppConfig


class VideoramaConfig(AppConfig):
    """The project package as an app, so that its commands and tests are found."""

    name = "videorama"
