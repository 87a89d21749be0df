from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "sora_social.users"
