"""Tests differ by environment alone: this plugin sets it before the settings are read.

Every test process has a data folder, a cache prefix and a queue of its own, so that several
run side by side, also on shared services.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from generation.provenance import chain

DATA = tempfile.mkdtemp(prefix="sora-social-tests-")
atexit.register(shutil.rmtree, DATA, ignore_errors=True)

os.environ["DATA"] = DATA
os.environ["NAMESPACE"] = f"test-{os.path.basename(DATA)[-8:]}"
os.environ["SECRET_KEY"] = secrets.token_urlsafe(48)
os.environ["CAMEO_KEK"] = secrets.token_urlsafe(48)
os.environ["CONSENT_KEY"] = secrets.token_urlsafe(48)
os.environ["MARK_KEY"] = secrets.token_urlsafe(48)
os.environ["PROVENANCE"] = str(Path(DATA, "provenance"))
chain.make(Path(os.environ["PROVENANCE"]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sora_social.settings")
os.environ.setdefault("EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
os.environ.setdefault("RATE_LIMIT", "100000/min")
os.environ.setdefault("LEASE_S", "3")
os.environ.setdefault("SWEEP_S", "0.2")
os.environ.setdefault("REDISPATCH_S", "2")
