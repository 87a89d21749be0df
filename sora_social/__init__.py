"""The ground floor: wiring, and what every app stands on."""

from sora_social.celery import app as celery_app

__all__ = ["celery_app"]
