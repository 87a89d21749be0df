"""What a key may be allowed to do on /v1: a small published vocabulary, in plain words."""

from django.db import models


class Scope(models.TextChoices):
    """The label says it to people: on consent screens and in lists."""

    VIDEOS_READ = "videos:read", "See your videos and download them"
    VIDEOS_WRITE = "videos:write", "Make videos with your credits, and delete them"
    POSTS_WRITE = "posts:write", "Post your videos in your name when they are done"
    CHARACTERS = "characters", "Make and use your characters"
    FILES = "files", "Upload, see and delete your files"
    WEBHOOKS = "webhooks", "Say where events of yours are sent"
    BATCHES = "batches", "Queue videos in batches"
    ACCOUNT_READ = "account:read", "See your plan, credits and use"
