"""How long a web process takes to start, against a bare Django."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from bench.database import SECRETS
from bench.output import write

RUNS = 5
OURS = (
    "from sora_social.wsgi import application; from django.urls import get_resolver;"
    "get_resolver().url_patterns"
)
BARE = "import django.core.handlers.wsgi, django.contrib.admin, rest_framework"


def seconds(code: str, environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        # A broker named but not reached: the web process of production has no worker in it.
        environment = os.environ | {"DATA": data, "CELERY_BROKER_URL": "amqp://127.0.0.1:1//"}
        environment |= dict.fromkeys(SECRETS, "x" * 50) | {"PROVENANCE": data}
        seconds(OURS, environment)
        ours = statistics.median(seconds(OURS, environment) for _ in range(RUNS))
        bare = statistics.median(seconds(BARE, environment) for _ in range(RUNS))
    write({"import_s": ours, "bare_django_s": bare, "ratio": ours / bare})


if __name__ == "__main__":
    main()
