"""Apps that act for people, the leave they have, and the tokens that work once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from sora_social.ids import uuid7
from sora_social.users.models import User


class App(models.Model):
    """A program that asks people for leave. It is public: it keeps no secret, and needs PKCE."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="apps")
    name = models.CharField(max_length=60)
    redirect_uris = models.JSONField()
    made_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name


class AuthorizationQuerySet(models.QuerySet["Authorization"]):
    def live(self) -> AuthorizationQuerySet:
        return self.filter(ended_at=None, user__is_active=True, app__owner__is_active=True)


class Authorization(models.Model):
    """Somebody's leave for an app to do what the scopes say, until either side ends it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    app = models.ForeignKey(App, models.CASCADE, related_name="authorizations")
    user = models.ForeignKey(User, models.CASCADE, related_name="authorizations")
    scopes = models.JSONField()
    made_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    objects = AuthorizationQuerySet.as_manager()


class TicketKind(models.TextChoices):
    CODE = "code"
    REFRESH = "refresh"


class Ticket(models.Model):
    """A code or a refresh token: good once. Shown a second time, it ends the authorization."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=7, choices=TicketKind)
    authorization = models.ForeignKey(Authorization, models.CASCADE, related_name="tickets")
    redirect_uri = models.CharField(max_length=300, blank=True)
    challenge = models.CharField(max_length=43, blank=True)  # PKCE, S256
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=TicketKind.CODE, challenge=""), name="code_has_challenge"
            )
        ]
