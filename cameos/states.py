"""The states of a cameo and of a leave to use it, and the words of permission."""

from collections.abc import Iterable

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


class CharacterKind(TextChoices):
    """What a character is; never a person, for that is a cameo."""

    PET = "pet", "A pet"
    OBJECT = "object", "A thing"
    DRAWN = "drawn", "Somebody drawn"


class CharacterAudience(TextChoices):
    """Who may use a character, from the narrowest."""

    PRIVATE = "private"
    MUTUALS = "mutuals"
    EVERYONE = "everyone"


class CharacterState(TextChoices):
    MAKING = "making"
    READY = "ready"
    PAUSED = "paused"
    REFUSED = "refused"
    REMOVED = "removed"


CHARACTER_MOVES = {
    CharacterState.MAKING: {
        CharacterState.READY,
        CharacterState.REFUSED,
        CharacterState.REMOVED,
    },
    CharacterState.READY: {CharacterState.PAUSED, CharacterState.REMOVED},
    CharacterState.PAUSED: {CharacterState.READY, CharacterState.REMOVED},
    CharacterState.REFUSED: {CharacterState.REMOVED},
}


GONE = frozenset({CharacterState.REFUSED, CharacterState.REMOVED})  # without handle and pictures


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
    LISTED = "listed"
    MUTUALS = "mutuals"
    EVERYONE = "everyone"


# --- the words of permission: published, so they are only ever added to --------------------------


class Context(TextChoices):
    """What a video may be about besides everyday life, which needs no word."""

    COMEDY = "comedy", "Comedy and satire"
    ROMANCE = "romance", "Romance and affection"
    VIOLENCE = "violence", "Fights and weapons, without gore"
    HORROR = "horror", "Horror"
    POLITICS = "politics", "Politics and elections"
    RELIGION = "religion", "Religion"
    ENDORSEMENT = "endorsement", "Advertising a product or a cause"
    INTOXICANTS = "intoxicants", "Alcohol, tobacco and drugs"
    MINORS = "minors", "Children are present"


class Surface(TextChoices):
    """Where a video may be seen. The author's own drafts need no word."""

    FOLLOWERS = "followers", "The author's followers"
    PUBLIC = "public", "Everybody, lists or link"
    API = "api", "Made and fetched through the developers' API"


class Rule(TextChoices):
    """Why a policy says no, in the order in which the rules are asked."""

    PERSON = "person", "It does not let this person use it"
    CLOSED = "closed", "Nothing new may be made with it"
    REMIX = "remix", "It does not let this person remix it"
    EXPIRED = "expired", "The leave has ended"
    COUNT = "count", "The leave is used up"
    CONTEXT = "context", "It does not allow this context"
    SURFACE = "surface", "It does not allow this surface"
    ALTERATION = "alteration", "The appearance must stay as it is"
    VOICE = "voice", "The voice may not be used"
    SAFETY = "safety", "The safety instructions rule it out"


class Purpose(TextChoices):
    """What somebody's face is shown for; each is agreed to by itself."""

    ENROL = "enrol", "To check that the cameo is its owner, now and later"
    SAFETY_SEARCH = "safety_search", "To find the face where others used it"
    USE = "use", "To make videos with it, on its owner's terms"
    VOICE = "voice", "To let its owner be heard speaking in them"


class Gate(TextChoices):
    """Where leave is asked for."""

    SUBMIT = "submit"
    DISPATCH = "dispatch"
    PUBLISH = "publish"
    SERVE = "serve"


class Verdict(TextChoices):
    """What the firewall says of a face."""

    ALLOWED = "allowed", "Somebody who may be in it"
    MATCH = "match", "Somebody enrolled who may not"
    UNMATCHED = "unmatched", "Nobody who is known"


EVERYTHING = 0x7FFFFFFF  # every word of a vocabulary, those to come as well


def bits(words: Iterable[str], vocabulary: type[TextChoices]) -> int:
    """Words of a vocabulary as a number, a bit each, in the order of the vocabulary."""
    order = list(vocabulary)
    return sum(1 << order.index(vocabulary(word)) for word in set(words))


def words(number: int, vocabulary: type[TextChoices]) -> frozenset[str]:
    """The words that such a number holds."""
    return frozenset(word for place, word in enumerate(vocabulary) if number >> place & 1)
