from importlib import import_module

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "sora_social.moderation"

    def ready(self) -> None:
        import_module("sora_social.moderation.people")  # people are subjects too
