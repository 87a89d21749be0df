"""What the rules of the feed say no to."""

from sora_social.errors import DomainError, NotFound


class NoSuchDraft(NotFound):
    code, message = "draft_not_found", "You have no such draft."
    field = "draft"


class NotReady(DomainError):
    """A job is not a draft: only what it became can be posted."""

    status, code, message = 409, "draft_not_ready", "This video is not finished."
    field = "draft"


class HeldForReview(DomainError):
    """A moderator looks at it first; whether it may be seen is told to its author."""

    status, code, message = 409, "held_for_review", "A moderator has to look at this video first."
    field = "draft"


class AlreadyPosted(DomainError):
    status, code, message = 409, "already_posted", "This draft has been posted before."
    field = "draft"


class LeaveGone(DomainError):
    """Someone in the video no longer gives leave, or not for there, or it has been taken down.

    Facts, when it is somebody's leave: `cameo`, its handle; `rule`, one of cameos.states.Rule.
    """

    status, code, message = 403, "leave_gone", "Not everyone in this video gives leave any more."
    field = "draft"


class NotConfirmed(DomainError):
    """Facts: `handle`, that is to be repeated."""

    status, code, field = 400, "not_confirmed", "confirm"
    message = "This cannot be undone. Repeat the cameo's handle."


class TooWide(DomainError):
    """A remix reaches no further than what it was made from."""

    status, code, message = 403, "audience_too_wide", "A remix reaches no further than its source."
    field = "audience"


class LinkRefused(DomainError):
    """Facts: `rule`."""

    status, code, message = 400, "link_refused", "This address cannot be verified."
    field = "link"
    rules = {
        "broken": "This is no address.",
        "elsewhere": "This address is not one of ours. We fetch nothing from elsewhere: save the "
        "file, and send it.",
        "no_video": "This address of ours leads to no video.",
    }


class NeverServed(DomainError):
    status, code, message = 400, "never_served", "This post did not stand on this page."
    field = "events"
