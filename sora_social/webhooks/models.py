"""Who wants to hear of what, what there was to hear, and whether they heard it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from sora_social.ids import uuid7
from sora_social.oauth.models import Authorization
from sora_social.users.models import ApiKey
from sora_social.webhooks.signing import unseal
from sora_social.webhooks.types import DeliveryState


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def live(self) -> EndpointQuerySet:
        """Those of people, and of apps that have their leave still."""
        leave = Q(authorization=None) | Q(authorization__in=Authorization.objects.live())
        return self.filter(leave, disabled_at=None)

    def of(self, key: ApiKey) -> EndpointQuerySet:
        """What a key sees: its person's own; an app sees its own for this person alone."""
        return self.filter(owner=key.user_id, authorization=key.authorization_id)

    def hearing(self, owner: int, via: str) -> EndpointQuerySet:
        """A person's own hear everything, an app's what came about by that app."""
        theirs = Q(authorization=via) if via else Q(pk__in=[])
        return self.live().filter(Q(authorization=None) | theirs, owner=owner)


class Endpoint(models.Model):
    """An address that hears of facts of its owner's; made by an app, of that app's doing alone,
    and for as long as the app has the leave."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhook_endpoints"
    )
    authorization = models.ForeignKey(
        Authorization, models.CASCADE, null=True, related_name="webhook_endpoints"
    )
    name = models.CharField(max_length=256)
    url = models.CharField(max_length=2048)
    event_types = models.JSONField(default=list)
    secret = models.TextField()  # sealed, as the next
    old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True)
    hint = models.CharField(max_length=4)  # how the secret ends
    made_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)
    failing_since = models.DateTimeField(null=True)  # nothing got through after this
    disabled_at = models.DateTimeField(null=True)

    objects = EndpointQuerySet.as_manager()

    @property
    def wire_id(self) -> str:
        return f"we_{self.pk.hex}"

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None

    def secrets(self) -> list[str]:
        """What to sign with: the secret, and the one before while it is let live."""
        is_old_alive = self.old_secret_until is not None and now() < self.old_secret_until
        return [unseal(self.secret)] + ([unseal(self.old_secret)] if is_old_alive else [])


class Event(models.Model):
    """One fact, under one id for ever: the id is made from what the outbox calls the fact."""

    id = models.CharField(primary_key=True, max_length=40, editable=False)  # evt_…
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhook_events"
    )
    type = models.CharField(max_length=40)
    data = models.JSONField()
    made_at = models.DateTimeField(db_index=True)


class Delivery(models.Model):
    """One fact for one endpoint. Times are the database's; who sends holds a lease."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    state = models.CharField(
        max_length=12, choices=DeliveryState, default=DeliveryState.PENDING, editable=False
    )
    begun_at = models.DateTimeField(db_default=Now())  # tries end so long after this
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    replays = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)  # this and the next are of the last attempt
    response_code = models.PositiveSmallIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="one_delivery_per_event")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="delivery_due",
                condition=Q(state=DeliveryState.PENDING),
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_log"),
        ]

    @property
    def wire_id(self) -> str:
        return f"whd_{self.pk.hex}"
