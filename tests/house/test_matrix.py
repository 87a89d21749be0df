"""Who gets which answer from which route, for objects in every state, against a checked-in table.

A route that is not in the table fails. `WRITE_MATRIX=1 pytest tests/house/test_matrix.py` writes
the table anew: read every changed line before committing it.
"""

import os
import re
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from tests.house import routes
from tests.house.world import ROLES, People, World

TABLE = Path(__file__).with_name("matrix.txt")
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Made once for a test; what a request does to it is undone."""
    return World()


def test_every_role_gets_the_answer_of_the_table(world):
    found = [line for route in routes.ours() for line in lines_of(world, route)]
    written = "\n".join([HEAD, *found, ""])
    if os.environ.get("WRITE_MATRIX"):
        TABLE.write_text(written)
    assert written.splitlines() == TABLE.read_text().splitlines()


def test_no_answer_is_a_fault_of_the_server():
    answers = [cell for line in TABLE.read_text().splitlines()[1:] for cell in line.split()[-10:]]
    assert [cell for cell in answers if cell.startswith("5")] == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != "moderator"])
def test_the_console_is_closed_to_everybody_but_moderators(role):
    client, everybody = Client(), People()
    everybody.suspend()
    if user := everybody.people.get(role):
        client.force_login(user)
    for pattern in {route.pattern for route in routes.routes()}:
        if pattern.startswith("admin/") and pattern not in OPEN_DOORS:
            assert client.get(f"/{named(pattern)}").status_code == 302, pattern


OPEN_DOORS = {"admin/login/", "admin/jsi18n/", "admin/logout/"}


def named(pattern: str) -> str:
    """The pattern with something in its places."""
    return re.sub(r"<[^>]+>", "1", re.sub(r"\^?\(\?P<\w+>[^)]*\)\$?", "users", pattern)).strip("$")


HEAD = f"{'route':58} {'object':16} " + " ".join(f"{role[:8]:>8}" for role in ROLES)


def lines_of(world: World, route: routes.Route) -> list[str]:
    return [
        f"{method.upper():6} {route.pattern:51} {case:16} "
        + " ".join(f"{world_answer(world, role, method, path, body):>8}" for role in ROLES)
        for method in route.methods
        for case, path, body in world.cases(route, method)
    ]


def world_answer(world: World, role: str, method: str, path: str, body: object) -> int:
    """The status a role gets; whatever the request did is undone."""
    point = transaction.savepoint()
    try:
        return world.ask(role, method, path, body)
    finally:
        transaction.savepoint_rollback(point)
