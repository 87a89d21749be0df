from rest_framework import serializers

from sora_social.moderation.models import ReportReason, Strike, Subject
from sora_social.moderation.states import CaseState, Decision, Outcome, Reason
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


class AppealSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=1000, validators=[plain])


class SuspendedAppealSerializer(AppealSerializer):
    handle = serializers.CharField(max_length=24)
    password = serializers.CharField(max_length=256, trim_whitespace=False)


class OwnAppealSerializer(serializers.Serializer):
    by_you = serializers.BooleanField()
    text = serializers.CharField(help_text="Your words; empty when the other side appealed.")
    made_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField([("", "Not answered yet"), *Outcome.choices])
    settled_at = serializers.DateTimeField(allow_null=True)


class OwnCaseSerializer(serializers.Serializer):
    """A case that concerns you: decided against you, or reported by you."""

    id = serializers.UUIDField()
    subject = serializers.ChoiceField(Subject.choices)
    subject_id = serializers.CharField()
    against_you = serializers.BooleanField()
    reported_for = serializers.ChoiceField(ReportReason.choices, allow_null=True)
    state = serializers.ChoiceField(CaseState.choices)
    decision = serializers.ChoiceField([("", "Undecided"), *Decision.choices])
    reason = serializers.ChoiceField([("", "Undecided"), *Reason.choices])
    decided_at = serializers.DateTimeField(allow_null=True)
    appeal_until = serializers.DateTimeField(
        allow_null=True, help_text="Null when you cannot appeal."
    )
    appeal = OwnAppealSerializer(allow_null=True)


class StrikeSerializer(serializers.ModelSerializer):
    standing = serializers.SerializerMethodField()

    class Meta:
        model = Strike
        fields = ["id", "case", "reason", "made_at", "expires_at", "lifted_at", "standing"]
        read_only_fields = fields

    def get_standing(self, strike: Strike) -> bool:
        return strike.stands


class PublishedReasonSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()


class PublishedDecisionSerializer(serializers.Serializer):
    """A decision that moderators may take, and the reasons for it."""

    decision = serializers.CharField()
    label = serializers.CharField()
    reasons = PublishedReasonSerializer(many=True)


class HeadSerializer(serializers.Serializer):
    """The newest row of the audit chain. Keep it: the chain must always hold it."""

    number = serializers.IntegerField()
    digest = serializers.CharField()
