"""What was served and what came of it, as plain numbers: ranking knows items, not posts."""

from ranking.models.choices import Choices, Recipe
from ranking.models.learning import Creation, Made, Mark, Profile, TrainedModel
from ranking.models.nudging import NudgeBelief, NudgeState, NudgeTrial
from ranking.models.pages import OF_NUDGES, Engagement, EventKind, HideReason, ServedPage
from ranking.models.trying import Experiment, ExperimentState, Exposure, FriendGroup

__all__ = [
    "OF_NUDGES",
    "Choices",
    "Creation",
    "Engagement",
    "EventKind",
    "Experiment",
    "ExperimentState",
    "Exposure",
    "FriendGroup",
    "HideReason",
    "Made",
    "Mark",
    "NudgeBelief",
    "NudgeState",
    "NudgeTrial",
    "Profile",
    "Recipe",
    "ServedPage",
    "TrainedModel",
]
