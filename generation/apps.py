from importlib import import_module

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        # what it brings to the moderators; what is checked when a process starts
        for desk in ("appealing", "barring", "installed", "exhibits", "holding", "claims"):
            import_module(f"generation.{desk}")
