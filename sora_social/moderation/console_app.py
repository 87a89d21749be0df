"""The admin of this house is the moderators' console."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "sora_social.moderation.site.ConsoleSite"
