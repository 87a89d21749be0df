from rest_framework import serializers

from sora_social.moderation.models import ReportReason, Subject
from sora_social.text import plain


class ReportSerializer(serializers.Serializer):
    subject = serializers.ChoiceField(Subject.choices)
    subject_id = serializers.RegexField(
        r"^[A-Za-z0-9_-]{1,40}\Z", help_text="A person's handle; of anything else, its id."
    )
    reason = serializers.ChoiceField(ReportReason.choices)
    text = serializers.CharField(max_length=1000, allow_blank=True, default="", validators=[plain])


class ReportedSerializer(serializers.Serializer):
    """The case a report went to."""

    case = serializers.UUIDField()
