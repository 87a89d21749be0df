"""People, how they got in, the devices they hold, whom they follow and block."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Exists, F, Q
from django.db.models.expressions import Combinable
from django.utils.timezone import localdate, now

from sora_social.ids import uuid7

HANDLE = RegexValidator(r"^[a-z0-9_]{3,24}\Z", "3 to 24 of a-z, 0-9 and _.")
ADULT, YOUNGEST = 18, 13


class UserQuerySet(models.QuerySet["User"]):
    def present(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def visible_to(self, viewer: User) -> UserQuerySet:
        """People who exist for the viewer: present, and no block either way."""
        return (
            self.present()
            .exclude(pk__in=Block.objects.filter(blocker=viewer.pk).values("blocked"))
            .exclude(pk__in=Block.objects.filter(blocked=viewer.pk).values("blocker"))
        )

    def open_to(self, viewer: User) -> UserQuerySet:
        """People who have not blocked the viewer, be they blocked by the viewer or not."""
        return self.present().exclude(
            pk__in=Block.objects.filter(blocked=viewer.pk).values("blocker")
        )

    def mutuals_of(self, person: User) -> UserQuerySet:
        """Those who follow the person and whom the person follows."""
        return self.filter(
            pk__in=Follow.objects.filter(follower=person.pk).values("followed")
        ).filter(pk__in=Follow.objects.filter(followed=person.pk).values("follower"))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, handle: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(handle=handle.lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, handle: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(handle, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(handle=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Known to others by `handle`; the number never leaves the house.

    `email` is what the person said. Who proved it stands in allauth's EmailAddress, where a
    verified address is unique: so that nobody keeps an address from its owner by claiming it.
    """

    handle = models.CharField(max_length=24, unique=True, validators=[HANDLE])
    email = models.EmailField(null=True, blank=True)
    display_name = models.CharField(max_length=60, blank=True)
    bio = models.CharField(max_length=300, blank=True)
    birthdate = models.DateField(null=True)
    timezone = models.CharField(max_length=40, blank=True)  # IANA; "": they have not said
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=now)

    USERNAME_FIELD, EMAIL_FIELD = "handle", "email"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    def __str__(self) -> str:
        return f"@{self.handle}"

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """No e-mail is NULL, however it was said: two empty ones would be equal. The handle is
        nobody else's: IntegrityError."""
        self.email, new = self.email.lower() if self.email else None, self._state.adding
        super().save(*args, **kwargs)
        if new:
            Handle.objects.create(handle=self.handle, owner=self, kind=HandleKind.PERSON)

    @property
    def age(self) -> int | None:
        """Whole years; None while the birthdate is not known."""
        if self.birthdate is None:
            return None
        today = localdate()
        before = (today.month, today.day) < (self.birthdate.month, self.birthdate.day)
        return today.year - self.birthdate.year - before

    @property
    def age_band(self) -> str:
        """`adult`, `teen`, or `unknown`, which is treated as teen."""
        age = self.age
        return "unknown" if age is None else "adult" if age >= ADULT else "teen"

    @property
    def is_moderator(self) -> bool:
        return self.is_active and self.is_staff


class HandleKind(models.TextChoices):
    PERSON = "person"
    CAMEO = "cameo"
    CHARACTER = "character"


class Handle(models.Model):
    """The word after an @, and whose it is. One table for people, cameos and characters, and the
    word is its key: so no two of them share one, however they race.

    A cameo that goes by its owner's own handle has no row besides the owner's.
    """

    handle = models.CharField(max_length=24, primary_key=True, validators=[HANDLE])
    owner = models.ForeignKey(User, models.CASCADE, related_name="handles")
    kind = models.CharField(max_length=9, choices=HandleKind)

    def __str__(self) -> str:
        return f"@{self.handle}"


class Invite(models.Model):
    """A code that lets one person in; given out by a person, or by an operator (no giver).

    Taken is taken: `taken_at` stays when the taker's account goes.
    """

    code = models.CharField(max_length=16, unique=True)
    giver = models.ForeignKey(User, models.CASCADE, null=True, related_name="invites")
    taker = models.OneToOneField(User, models.SET_NULL, null=True, related_name="invited_by")
    made_at = models.DateTimeField(default=now)
    taken_at = models.DateTimeField(null=True)


class DeviceQuerySet(models.QuerySet["Device"]):
    def live(self) -> DeviceQuerySet:
        return self.held().filter(expires_at__gt=now())

    def held(self) -> DeviceQuerySet:
        """Live or expired, but never revoked, and of somebody who may come in."""
        return self.filter(revoked_at=None, user__is_active=True)


class Device(models.Model):
    """A signed-in phone or browser: an opaque token, of which only the SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    name = models.CharField(max_length=80, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = DeviceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name or "unnamed device"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def own(self) -> ApiKeyQuerySet:
        """Those a person made; the others are lent to apps."""
        return self.filter(authorization=None)

    def live(self) -> ApiKeyQuerySet:
        unexpired = Q(expires_at=None) | Q(expires_at__gt=now())
        return self.filter(unexpired, revoked_at=None, user__is_active=True)


class ApiKey(models.Model):
    """What a program shows on /v1: an opaque token, of which the SHA-256 and last four are kept.

    `addresses` are networks (CIDR) it is taken from; none: from everywhere. A key that was rotated
    knows its `successor`, and both work until the old one expires. With an `authorization` it is
    the access token of an app.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80, blank=True)
    scopes = models.JSONField(default=list)
    addresses = models.JSONField(default=list)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    made_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True)
    used_from = models.GenericIPAddressField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    successor = models.OneToOneField("self", models.SET_NULL, null=True, related_name="before")
    authorization = models.ForeignKey(
        "oauth.Authorization", models.CASCADE, null=True, related_name="access_tokens"
    )

    objects = ApiKeyQuerySet.as_manager()

    @property
    def bearer(self) -> str:
        """Who shows it, by id: the app that has the leave, whichever token it has today, or else
        the key itself."""
        return str(self.authorization_id or self.pk)

    def __str__(self) -> str:
        return f"{self.name or 'unnamed key'} …{self.last_four}"


class PersonSession(AbstractBaseSession):
    """A sign-in session that goes with its device, and with its person."""

    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="sessions")

    @classmethod
    def get_session_store_class(cls) -> type:
        from sora_social.users.sessions import SessionStore  # noqa: PLC0415 -- it names this class

        return SessionStore


class Follow(models.Model):
    follower = models.ForeignKey(User, models.CASCADE, related_name="follows")
    followed = models.ForeignKey(User, models.CASCADE, related_name="followed_by")
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="follow_once"),
            models.CheckConstraint(condition=~Q(follower=F("followed")), name="follow_others"),
        ]


class Block(models.Model):
    blocker = models.ForeignKey(User, models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(User, models.CASCADE, related_name="blocked_by")
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="block_others"),
        ]


Somebody = User | Combinable  # a person, or whoever an outer row names


def blocks_between(one: Somebody, other: Somebody) -> models.QuerySet[Block]:
    """Blocks of two people, either way."""
    return Block.objects.filter(Q(blocker=one, blocked=other) | Q(blocker=other, blocked=one))


def follow_each_other(one: Somebody, other: Somebody) -> Q:
    """Whether two people are mutuals, as a query asks it."""
    there = Follow.objects.filter(follower=one, followed=other)
    back = Follow.objects.filter(follower=other, followed=one)
    return Q(Exists(there), Exists(back))


def oldest_birthdate() -> datetime.date:
    return datetime.date(1900, 1, 1)
