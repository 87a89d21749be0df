from django.apps import AppConfig


class OAuthConfig(AppConfig):
    name = "sora_social.oauth"
    verbose_name = "Apps of others"
