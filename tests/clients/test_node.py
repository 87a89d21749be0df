"""The official Node SDK, and the clients that are generated from our documents."""

from __future__ import annotations

import pytest

from tests.chaos.running import ROOT
from tests.clients.looking import check_film, look
from tests.clients.node import HERE, compiled, run, workshop

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.xdist_group("clients")]
DOCUMENTS = {"wire": "openapi_v1.yml", "api": "openapi.yml"}


def test_the_sdk_goes_through_every_call_of_the_contract(server, clip, tmp_path):
    shop = workshop(tmp_path / "shop", "sdk.ts")
    compiled(shop)
    films = tmp_path / "films"
    films.mkdir()
    key = server.key("node")
    run(
        shop, "sdk.js", str(clip), str(films), OPENAI_BASE_URL=server.wire, OPENAI_API_KEY=key
    )  # fmt: skip
    found = sorted(films.iterdir())
    assert len(found) == 4  # made, remixed, edited, extended
    for film in found:
        size, seconds, _ = film.stem.split("-")
        check_film(film.read_bytes(), size, float(seconds))


def test_generated_clients_compile_and_make_a_video(server, tmp_path):
    shop = workshop(tmp_path / "shop", "generated.ts", "openapi-ts.config.mjs")
    for name, document in DOCUMENTS.items():
        run(
            shop, str(HERE / "node_modules/@hey-api/openapi-ts/bin/run.js"),
            "--file", "openapi-ts.config.mjs",
            DOCUMENT=str(ROOT / "sora_social" / document), OUT=str(shop / name),
        )  # fmt: skip
    compiled(shop)
    films = tmp_path / "films"
    films.mkdir()
    key, token = server.key("generated"), server.token("phone")
    run(shop, "generated.js", str(films), BASE=server.base, KEY=key, TOKEN=token)
    check_film((films / "1280x720-4-wire.mp4").read_bytes(), "1280x720", 4.0)
    assert look((films / "draft.mp4").read_bytes()).seconds == pytest.approx(1.0, abs=0.125)
