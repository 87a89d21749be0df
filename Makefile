# Two commands matter: `make demo` and `make test`. Every target sets up what it lacks.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
DEMO_STAMP := $(VENV)/.installed-demo
PACK := var/packs/lite/pack.json
NODE_STAMP := tests/clients/node/node_modules/.installed
LITELLM_STAMP := var/clients/litellm/.installed
export PYTHONUNBUFFERED := 1
export PORT ?= 8000

.PHONY: demo coldstart run test clients lint bench screens setup schema clean

demo: setup $(DEMO_STAMP) ## the main job, over HTTP and the socket; CLIP=path for your own face
	$(PY) -m demo $(if $(CLIP),--clip "$(CLIP)") $(if $(TURNS),--turns "$(TURNS)") \
		$(if $(DIGITS),--digits "$(DIGITS)")

coldstart: setup ## an empty database, ten people, a hundred posts: what each sees, and why
	$(PY) -m demo.coldstart $(SEED)

run: setup $(DEMO_STAMP) ## the same server with demo data: PORT=8000 DATA=folder
	$(PY) -m demo.serve

test: setup $(DEV_STAMP) ## the whole suite; needs no service; LONG=1: what takes minutes as well
	$(PY) -m pytest -n 2 --dist loadgroup $(if $(LONG),,-m "not long") $(ARGS)

clients: $(NODE_STAMP) $(LITELLM_STAMP) ## what tests of clients that are not ours need: Node's packages, litellm

$(NODE_STAMP): tests/clients/node/package-lock.json
	cd tests/clients/node && npm ci
	touch $@

$(LITELLM_STAMP): tests/clients/litellm/requirements.txt
	$(PYTHON) -m venv var/clients/litellm
	var/clients/litellm/bin/pip install --disable-pip-version-check -r tests/clients/litellm/requirements.txt
	touch $@

lint: $(DEV_STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/mypy

bench: setup $(DEV_STAMP) ## JSON and a table, under var/bench
	$(PY) -m bench

screens: setup $(DEV_STAMP) ## screenshots in Chromium: pages under var/screens, the console's in docs
	$(PY) -m demo.screens
	WRITE_SCREENS=1 $(PY) -m pytest tests/moderation/test_browser.py tests/feed/test_dashboard_browser.py \
		tests/oauth/test_browser.py tests/feed/test_verify_browser.py

schema: setup ## write the published OpenAPI document anew
	$(PY) manage.py spectacular --file sora_social/openapi.yml --validate --fail-on-warn

setup: $(STAMP) $(PACK)

$(STAMP): requirements.txt requirements-faces.txt
	@echo "==> installing what the server needs (some minutes the first time)"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) install -r requirements.txt
	$(PIP) install --no-deps -r requirements-faces.txt
	touch $@

$(DEMO_STAMP): $(STAMP) requirements-demo.txt
	$(PIP) install -r requirements-demo.txt
	touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.txt requirements-demo.txt
	@echo "==> installing what tests and lint need"
	$(PIP) install -r requirements-dev.txt
	touch $@

$(PACK): $(STAMP)
	@echo "==> building the lite likeness pack"
	$(PY) manage.py likeness_pack build
	touch $@

clean:
	rm -rf $(VENV) var
