"""What people decided about their feed."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from sora_social.ids import uuid7


class Recipe(models.Model):
    """A person's own weights of the value function, under a name; a fork knows where it is from."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    author = models.BigIntegerField()
    name = models.CharField(max_length=40)
    weights = models.JSONField(default=dict)  # those that are not as published
    shared = models.BooleanField(default=False)  # whoever has the link may read and fork it
    lineage = models.JSONField(default=list)  # recipes, the first of them in front
    made_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["author", "-id"], name="recipes_of_author")]

    def __str__(self) -> str:
        return self.name


class Choices(models.Model):
    """What a person decided about their feed: one row, read with every page."""

    viewer = models.BigIntegerField(primary_key=True)
    plain = models.BooleanField(default=False)  # nothing is put in order for them
    chips = models.JSONField(default=list)  # as types.Chip
    recipe = models.ForeignKey(Recipe, models.SET_NULL, null=True)
    mark = models.UUIDField(default=uuid7)  # another after each change
