from django.apps import AppConfig


class GroundConfig(AppConfig):
    name = "sora_social"
    verbose_name = "Ground floor"
