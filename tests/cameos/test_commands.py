"""`manage.py likeness_pack`, and what a web process loads of likeness: nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

HEAVY = ["torch", "diffusers", "insightface", "onnxruntime", "onnx", "cv2", "skimage", "scipy"]


def test_a_pack_that_is_there_is_not_built_again(pack, capsys):
    call_command("likeness_pack", "build", str(pack.folder))
    assert "in place" in capsys.readouterr().out


def test_a_good_pack_is_found_good(pack, capsys):
    call_command("likeness_pack", "check", str(pack.folder))
    assert capsys.readouterr().out == f"{pack.folder} can be used.\n"


def test_a_folder_without_a_pack_is_told_so(tmp_path):
    with pytest.raises(CommandError, match=r"has no pack\.json"):
        call_command("likeness_pack", "check", str(tmp_path))


def test_the_web_process_reads_no_faces():
    names = "import json, sys, django; django.setup(); from sora_social import urls;"
    names += "import cameos.admin, cameos.tasks; from cameos.urls import urlpatterns;"
    names += f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    ran = subprocess.run(
        [sys.executable, "-c", names], cwd=settings.BASE, capture_output=True, check=True
    )
    assert json.loads(ran.stdout.splitlines()[-1]) == []
