from importlib import import_module

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        for desk in ("exhibits", "holding"):  # what it brings to the moderators
            import_module(f"generation.{desk}")
