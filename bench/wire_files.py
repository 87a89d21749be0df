"""A large file through `/v1/videos/{id}/content`: against nginx's own sendfile, and the memory that
it takes without nginx."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.serving import await_answer, granian, resident
from demo.server import free_port

MIB = 256  # of the file
TIMES = 5
CONFIG = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream django {{ server {django}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location /plain/ {{ alias {media}/; }}
    location /inside/ {{ internal; alias {media}/; }}
    location / {{
      proxy_pass http://django; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host 127.0.0.1;
    }}
  }}
}}
"""


def measure(token: str, data: Path) -> dict[str, Any]:
    """Throughputs in MB/s, and the growth of the server's memory in MiB."""
    video, key = completed(token)
    headers = {"Authorization": f"Bearer {token}"}
    found: dict[str, Any] = {"file_mib": MIB}
    with granian() as (pid, url):
        content = f"{url}/v1/videos/{video}/content"
        found |= {"plain_mb_s": fastest(content, headers)}
        before = resident(pid)
        found |= {"memory_mib": (growth(content, headers, pid) - before) / 2**20}
    if (program := shutil.which("nginx")) is None:
        return found | {"nginx": "nginx is not installed: what it sends was not measured"}
    with granian(X_ACCEL="/inside/") as (_, url), nginx(program, url, data) as front:
        own = fastest(f"{front}/plain/{key}", {})
        ours = fastest(f"{front}/v1/videos/{video}/content", headers)
    return found | {"nginx_mb_s": own, "accel_mb_s": ours, "nginx_to_accel": own / ours}


def completed(token: str) -> tuple[str, str]:
    """A video of the token's person with a large file, and where that lies in the store."""
    from django.conf import settings  # noqa: PLC0415 -- models load after setup

    from generation.models import Job, Output, WireVideo  # noqa: PLC0415
    from generation.states import JobState  # noqa: PLC0415
    from sora_social.users import keys  # noqa: PLC0415

    author = keys.find(token).user  # type: ignore[union-attr]
    job = WireVideo.objects.by(author).first().job  # type: ignore[union-attr]
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    output = Output.objects.create(
        job=job, down_id="large", folder=f"renders/{job.pk}/large/0", renditions=["video"],
        sha256="0" * 64, size=MIB << 20, width=1280, height=720, seconds=4.0,
    )  # fmt: skip
    path = Path(settings.STORAGES["default"]["OPTIONS"]["location"]) / output.video_key
    path.parent.mkdir(parents=True)
    path.write_bytes(os.urandom(1 << 20) * MIB)
    return f"video_{job.pk.hex}", output.video_key


def fastest(url: str, headers: dict[str, str]) -> float:
    """MB/s, the best of some times."""
    return max(speed(url, headers) for _ in range(TIMES))


def speed(url: str, headers: dict[str, str]) -> float:
    began, size = time.perf_counter(), 0
    with httpx.stream("GET", url, headers=headers) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_raw(1 << 20):
            size += len(chunk)
    assert size == MIB << 20
    return size / 1e6 / (time.perf_counter() - began)


def growth(url: str, headers: dict[str, str], pid: int) -> int:
    """The most memory that the server has while the file goes out."""
    most = 0
    with httpx.stream("GET", url, headers=headers) as answer:
        for number, _ in enumerate(answer.iter_raw(1 << 20)):
            if number % 16 == 0:
                most = max(most, resident(pid))
    return most


@contextmanager
def nginx(program: str, django: str, data: Path) -> Iterator[str]:
    """nginx in front of that server, with the media of its store; its address."""
    folder, port = data / "nginx", free_port()
    folder.mkdir()
    said = CONFIG.format(
        folder=folder, port=port, media=data / "media", django=django.removeprefix("http://")
    )
    (folder / "nginx.conf").write_text(said)
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), *user]
    front = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        await_answer(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        front.terminate()
        front.wait()
