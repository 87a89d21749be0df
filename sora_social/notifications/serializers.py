from rest_framework import serializers

from sora_social.notifications.models import Notice


class NoticeSerializer(serializers.ModelSerializer):
    payload = serializers.DictField(child=serializers.JSONField(), read_only=True)
    read = serializers.SerializerMethodField()

    class Meta:
        model = Notice
        fields = ["id", "kind", "payload", "made_at", "read"]
        read_only_fields = fields

    def get_read(self, notice: Notice) -> bool:
        return notice.read_at is not None


class ReadSerializer(serializers.Serializer):
    up_to = serializers.UUIDField(help_text="This notice and all older ones are read.")
