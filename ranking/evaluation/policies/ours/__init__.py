"""The production ranker as a policy, and what stands in for its database."""

from ranking.evaluation.policies.ours.policy import Ours, Parts

__all__ = ["Ours", "Parts"]
