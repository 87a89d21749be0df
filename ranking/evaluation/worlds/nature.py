"""What moves people in a world: one number for each belief that a feed may hold about them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Nature:
    """Logits unless said otherwise. These are the neighbourhood's; other worlds differ."""

    # what makes a viewer open the composer
    opens: float = -3.6
    friend_inspires: float = 1.1
    follow_inspires: float = 0.2
    taste_inspires: float = 1.6
    riff_inspires: float = 1.4  # how easily one could make one's own of it
    polish_inspires: float = -1.0
    my_cameo_inspires: float = 1.8
    friends_cameo_inspires: float = 0.7
    remix_inspires: float = 0.3
    fame_inspires: float = 0.1  # with each doubling of what was made of it
    sameness_bores: float = 1.2  # after items like it
    mood_inspires: float = 1.0
    # what moves the mood within a session: being among people, or a stream of strangers' polish
    friends_lift: float = 0.10
    strangers_sink: float = 0.05
    # what else is done with an item
    likes: float = -2.6
    shares: float = -4.6
    hides: float = -7.4
    bulk_annoys: float = 1.3  # of accounts that post in bulk, and again of each repetition
    finishes: float = 0.4  # of an opened composer
    keeps: float = 1.1
    posts: float = -0.1
    # between sessions
    returns: float = 0.1
    creating_brings_back: float = 0.25
    answers_bring_back: float = 0.25  # with each doubling of the answers to one's posts
    hides_drive_away: float = 0.5
    idling_drives_away: float = 0.10
    answers_encourage: float = 0.25
    ideas: float = 0.06  # chance of coming with an idea, whatever is shown
    first_day: float = 0.95  # chance of making something when one joins
    # invitations
    nudge_accepted: float = -2.6
    nudge_dismissed: float = 0.25  # a chance
    nudge_mood: float = 0.0
    nudge_habit: float = 0.0
    # who there is
    bulk_accounts: int = 6
    bulk_posts: float = 12.0  # a day each
    bulk_followed: float = 0.35  # chance that a person follows one of them
    tricksters: int = 0
    friends: float = 9.0
    joined_first: float = 0.6  # share of people who are there from the first day
    lurkers: float = 0.3  # share who hardly make anything
    taste_drift: float = 0.0  # a day
    private: float = 0.08  # share of posts for followers only
