from importlib import import_module

from django.apps import AppConfig


class CameosConfig(AppConfig):
    name = "cameos"

    def ready(self) -> None:
        for desk in ("cases", "character_desk", "exhibits"):  # what it brings to the moderators
            import_module(f"cameos.{desk}")
