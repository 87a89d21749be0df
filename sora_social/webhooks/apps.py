from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "sora_social.webhooks"
