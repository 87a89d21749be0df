"""OpenAPI hooks: tags by the first word of the path, and the one shape of an error."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser

from sora_social.pagination import LARGEST, USUAL


def limit_of(largest: int) -> OpenApiParameter:
    """How long a page is to be."""
    bounds = {"type": "integer", "minimum": 1, "maximum": largest, "default": USUAL}
    return OpenApiParameter("limit", bounds)


LIMIT = limit_of(LARGEST)
CURSOR = OpenApiParameter("cursor", str, description="The `next` of an earlier page.")
PAGING = [CURSOR, LIMIT]
KEY = {"type": "string", "pattern": "^[!-~]{1,255}$"}
AGAIN = OpenApiParameter(
    "Idempotency-Key", KEY, OpenApiParameter.HEADER,
    description="1 to 255 visible characters, new for every deed; for 24 hours the same request "
    "with the same key is answered with the first answer.",
)  # fmt: skip
REFUSAL = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    "description": "",
}


class Schema(AutoSchema):
    def get_override_parameters(self) -> list[OpenApiParameter]:
        """A view that means more by a key says so itself."""
        by_itself = getattr(self.view, "keyed_by_itself", False)
        return [AGAIN] if self._takes_a_key() and not by_itself else []

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """What takes a key may be refused for it."""
        said: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if said and self._takes_a_key():
            for status in ("400", "409", "422"):
                said["responses"].setdefault(status, dict(REFUSAL))
            said["responses"] = dict(sorted(said["responses"].items()))
        return said

    def _takes_a_key(self) -> bool:
        """Every POST but of strangers: keys belong to a person."""
        return self.method == "POST" and bool(self.view.get_authenticators())

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> dict[str, Any] | None:
        """A list says how long it may be."""
        said: dict[str, Any] | None = super()._map_serializer_field(
            field, direction, bypass_extensions
        )
        if said and said.get("type") == "array":
            said |= _length_of(field)
        return said

    def get_tags(self) -> list[str]:
        return [self._words()[0]]

    def get_operation_id(self) -> str:
        """`posts_get` for the list, `posts_one_get` for one, `posts_tree_get` for what is of it."""
        words = self._words()
        named = [word for word in words if not word.startswith("{")]
        last = ["one"] if words[-1].startswith("{") else []
        return "_".join([*named, *last, self.method.lower()]).replace("-", "_")

    def map_parsers(self) -> list[str]:
        """Forms where a file may come, JSON where one need not: clients that are generated from a
        request of two media types may send neither."""
        wish = force_instance(self.get_request_serializer())
        fields = getattr(wish, "fields", {}).values()
        files = [field for field in fields if isinstance(field, serializers.FileField)]
        json = [] if any(field.required for field in files) else [JSONParser.media_type]
        return json + ([MultiPartParser.media_type] if files else [])

    def _words(self) -> list[str]:
        return self.path.removeprefix("/api/v1").strip("/").split("/")


def _length_of(field: Any) -> dict[str, int]:
    least = getattr(field, "min_length", None) or int(not getattr(field, "allow_empty", True))
    most = getattr(field, "max_length", None)
    return ({"minItems": least} if least else {}) | ({"maxItems": most} if most else {})


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
