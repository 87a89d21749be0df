"""The states of a cameo and of a leave to use it, and the words of permission."""

from django.db.models import TextChoices


class Audience(TextChoices):
    """Who may use a cameo, from the narrowest."""

    ONLY_ME = "only_me"
    APPROVED = "approved"
    MUTUALS = "mutuals"
    EVERYONE = "everyone"


class CameoState(TextChoices):
    DRAFT = "draft"
    VERIFYING = "verifying"
    REVIEW = "review"
    ACTIVE = "active"
    PAUSED = "paused"
    REVOKED = "revoked"


CAMEO_MOVES = {
    CameoState.DRAFT: {CameoState.VERIFYING, CameoState.REVOKED},
    CameoState.VERIFYING: {
        CameoState.DRAFT,
        CameoState.REVIEW,
        CameoState.ACTIVE,
        CameoState.REVOKED,
    },
    CameoState.REVIEW: {CameoState.DRAFT, CameoState.ACTIVE, CameoState.REVOKED},
    CameoState.ACTIVE: {CameoState.PAUSED, CameoState.REVIEW, CameoState.REVOKED},
    CameoState.PAUSED: {CameoState.ACTIVE, CameoState.REVIEW, CameoState.REVOKED},
}


class ConsentState(TextChoices):
    REQUESTED = "requested"
    GRANTED = "granted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


CONSENT_MOVES = {
    ConsentState.REQUESTED: {ConsentState.GRANTED, ConsentState.DECLINED},
    ConsentState.GRANTED: {ConsentState.REVOKED, ConsentState.EXPIRED},
}


class Basis(TextChoices):
    """What a leave stands on; it is live only while that still holds."""

    OWN = "own"
    GRANT = "grant"
    MUTUALS = "mutuals"
    EVERYONE = "everyone"
