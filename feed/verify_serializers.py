"""What verifying asks and answers."""

from __future__ import annotations

from rest_framework import serializers

from generation.verdicts import How, Leave, State, Verdict


class VerifyWishSerializer(serializers.Serializer):
    file = serializers.FileField(
        required=False, help_text="A film (MP4, MOV, WebM) or a picture (PNG, JPEG, WebP)."
    )
    link = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="An address of ours: of a post, a clip or a download.",
    )

    def validate(self, said):
        given = {name: one for name, one in said.items() if one != ""}
        if len(given) != 1:
            raise serializers.ValidationError({"file": ["Send a file or a link, one of them."]})
        return given


class SignatureSerializer(serializers.Serializer):
    state = serializers.ChoiceField([state.value for state in State])
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="C2PA's codes, and `manifest.` ones of ours."
    )
    signer = serializers.CharField(help_text="As the certificate calls itself; often empty.")


class OriginSerializer(serializers.Serializer):
    id = serializers.CharField(
        allow_null=True, help_text="The number of its mark; it says nothing of whose it is."
    )
    model = serializers.CharField(allow_null=True)
    policy = serializers.CharField(allow_null=True, help_text="The version of the marking policy.")
    made_at = serializers.DateTimeField(allow_null=True)
    kept = serializers.BooleanField(help_text="Whether we know it still.")


class StepSerializer(serializers.Serializer):
    id = serializers.CharField(allow_null=True)
    relationship = serializers.CharField(help_text="C2PA's word: what it is to its child.")
    depth = serializers.IntegerField(help_text="1: a parent, 2: a parent of the one above, ...")


class ConsentTodaySerializer(serializers.Serializer):
    state = serializers.ChoiceField([leave.value for leave in Leave])
    people = serializers.IntegerField(help_text="How many are in it.")
    named = serializers.ListField(
        child=serializers.CharField(), help_text="Handles, of whom a public post names already."
    )


class VerifiedSerializer(serializers.Serializer):
    verdict = serializers.ChoiceField([verdict.value for verdict in Verdict])
    title = serializers.CharField()
    says = serializers.CharField(help_text="Everything that was found out, in plain words.")
    ai_generated = serializers.BooleanField(allow_null=True, help_text="Null: unknown.")
    icon = serializers.CharField(allow_null=True, help_text="The label's picture, as SVG.")
    found_by = serializers.ChoiceField([how.value for how in How], allow_null=True)
    signature = SignatureSerializer()
    origin = OriginSerializer(allow_null=True)
    lineage = StepSerializer(many=True)
    consent = ConsentTodaySerializer()
    taken_down = serializers.BooleanField()
