"""OpenAPI hooks: tags by the first word of the path, and the one shape of an error."""

from __future__ import annotations

from functools import cache

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from sora_social.pagination import LARGEST, USUAL

LIMIT = OpenApiParameter("limit", int, description=f"1 to {LARGEST}; usually {USUAL}.")
CURSOR = OpenApiParameter("cursor", str, description="The `next` of an earlier page.")
PAGING = [CURSOR, LIMIT]


class Schema(AutoSchema):
    def get_tags(self) -> list[str]:
        return [self._words()[0]]

    def get_operation_id(self) -> str:
        """`posts_get` for the list, `posts_one_get` for one, `posts_tree_get` for what is of it."""
        words = self._words()
        named = [word for word in words if not word.startswith("{")]
        last = ["one"] if words[-1].startswith("{") else []
        return "_".join([*named, *last, self.method.lower()]).replace("-", "_")

    def _words(self) -> list[str]:
        return self.path.removeprefix("/api/v1").strip("/").split("/")


class Error(serializers.Serializer):
    """What every refusal looks like."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    facts = serializers.DictField(child=serializers.JSONField())
    request_id = serializers.CharField()


def errors(*statuses: int) -> dict[int, type[Error]]:
    """The refusals a view may answer with, for `extend_schema(responses=...)`."""
    return dict.fromkeys(statuses, Error)


@cache  # one list, one component
def page_of(item: type[serializers.Serializer]) -> serializers.Serializer:
    """The shape of a list: items, and the cursor of the next page or null."""
    from drf_spectacular.utils import inline_serializer  # noqa: PLC0415 -- needs loaded apps

    return inline_serializer(
        f"{item.__name__.removesuffix('Serializer')}Page",
        {
            "items": item(many=True),
            "next": serializers.CharField(allow_null=True),
        },
    )
