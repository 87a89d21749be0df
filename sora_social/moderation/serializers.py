from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sora_social.moderation.models import CounterNotice, ReportReason, Strike, Subject
from sora_social.moderation.states import REPORTED, CaseState, Decision, Outcome, Reason
from sora_social.text import plain


class ReportSerializer(serializers.Serializer):
    subject = serializers.ChoiceField(REPORTED)
    subject_id = serializers.RegexField(
        r"^[A-Za-z0-9_-]{1,40}\Z", help_text="A person's handle; of anything else, its id."
    )
    reason = serializers.ChoiceField(ReportReason.choices)
    text = serializers.CharField(max_length=1000, allow_blank=True, default="", validators=[plain])
    name = serializers.CharField(
        max_length=120, allow_blank=True, default="", validators=[plain],
        help_text="Your full name, which signs a claim (`intimate`, `copyright`); kept sealed.",
    )  # fmt: skip
    good_faith = serializers.BooleanField(
        default=False, help_text="What I say is true, and I may say it for whom it concerns."
    )


class StrangerReportSerializer(ReportSerializer):
    """The same without an account."""

    email = serializers.EmailField(
        max_length=254, allow_blank=True, default="", help_text="Kept sealed, shown to nobody."
    )


class ReceiptSerializer(serializers.Serializer):
    """Keep the receipt: with it alone you can read what became of your report, and appeal."""

    receipt = serializers.CharField()


class ReportOutcomeSerializer(serializers.Serializer):
    """What became of a report that was made without an account."""

    subject = serializers.ChoiceField(Subject.choices)
    subject_id = serializers.CharField()
    reported_for = serializers.ChoiceField(ReportReason.choices)
    state = serializers.ChoiceField(CaseState.choices)
    hidden = serializers.BooleanField(help_text="Nobody but moderators can see it now.")
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when moderators have to decide."
    )
    decision = serializers.ChoiceField([("", "Undecided"), *Decision.choices])
    reason = serializers.ChoiceField([("", "Undecided"), *Reason.choices])
    why = serializers.CharField(help_text="The reason in words.")
    decided_at = serializers.DateTimeField(allow_null=True)
    appeal_until = serializers.DateTimeField(allow_null=True)
    appeal_outcome = serializers.CharField(
        help_text="`upheld` or `overturned`; empty while there is none."
    )
    counter_notice = serializers.CharField(
        allow_null=True, help_text="What the other side signed; null when there is none."
    )
    restores_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is shown again unless you object."
    )


@extend_schema_field({"type": "boolean", "enum": [True]})
class Signature(serializers.BooleanField):
    """true: whoever does not sign asks for nothing."""

    def to_internal_value(self, data: Any) -> bool:
        if not super().to_internal_value(data):
            raise serializers.ValidationError("It must be signed.")
        return True


class CounterNoticeSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=1000, validators=[plain])
    name = serializers.CharField(max_length=120, validators=[plain], help_text="Your full name.")
    good_faith = Signature(
        help_text="Under penalty of law: it was taken down by mistake, and it is mine to show."
    )


class OwnCounterNoticeSerializer(serializers.ModelSerializer):
    class Meta:
        model = CounterNotice
        fields = ["case", "text", "made_at", "restores_at", "objected_at", "restored_at"]
        read_only_fields = fields


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
    verdict = serializers.JSONField(
        allow_null=True,
        help_text="Of screening, where it decided against you: as a job's; else null.",
    )
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
