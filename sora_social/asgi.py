"""The way in for HTTP and sockets; embedded, the worker lives in this process too."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sora_social.settings")
http = get_asgi_application()

from django.conf import settings  # noqa: E402 -- after Django is set up
from django.urls import path  # noqa: E402

from sora_social import embedded  # noqa: E402
from sora_social.bodies import BoundedBodies, MeasuredRequest  # noqa: E402
from sora_social.realtime import PersonSocket  # noqa: E402

http.request_class = MeasuredRequest
application = ProtocolTypeRouter(
    {"http": BoundedBodies(http), "websocket": URLRouter([path("ws/", PersonSocket.as_asgi())])}
)
if settings.EMBEDDED_WORKER:
    embedded.start()
