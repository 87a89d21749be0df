"""A web process sends hints; it never loads what renders."""

import subprocess
import sys

CODE = """
import sys, django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
from generation import services
services.capabilities()
heavy = {"torch", "diffusers", "transformers", "onnxruntime", "insightface", "cv2", "av"}
print(sorted(heavy & set(sys.modules)))
"""


def test_a_web_process_starts_without_the_engine():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
