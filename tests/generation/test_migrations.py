"""Outputs of before have their files where they were."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from cameos import services as cameos
from generation.models import Job, Output
from tests.cameos.making import active_cameo
from tests.generation.making import done_output
from tests.people import person

BEFORE = [("generation", "0001_initial")]


@pytest.fixture
def _at_the_latest_after():
    yield
    moved_to(latest())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_at_the_latest_after")
def test_an_output_keeps_its_files_under_their_folder():
    job = done_output(person()).job
    Output.objects.all().delete()
    old = moved_to(BEFORE).get_model("generation", "Output")
    keys = {name: f"renders/job/token/{name}.mp4" for name in ("video", "preview")}
    keys |= {name: f"renders/job/token/{name}.webp" for name in ("poster", "sheet")}
    old.objects.create(
        job_id=job.pk, down_id="x", sha256="0" * 64, size=1, width=1, height=1, seconds=1.0,
        **{f"{name}_key": key for name, key in keys.items()},
    )  # fmt: skip
    moved_to(latest())
    output = apps.get_model("generation", "Output").objects.get()
    assert sorted(output.keys) == sorted(keys.values())
    assert (output.kind, output.variant, output.main_key) == ("clip", 0, keys["video"])


def latest():
    return MigrationExecutor(connection).loader.graph.leaf_nodes()


def moved_to(targets):
    """The apps as they were at these migrations, the tables too."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_at_the_latest_after")
def test_what_jobs_of_before_speak_of_is_written_down_sources_first():
    cameo, author = active_cameo(person(), "everyone"), person()
    source = done_output(author, [cameo], prompt="a red dog")
    remix = done_output(author, [cameo], prompt="make it blue", parents=[source])
    cameos.set_terms(cameo, safety="no red dogs")
    moved_to([("generation", "0006_named"), ("cameos", "0005_characters")])
    moved_to(latest())
    assert Job.objects.get(pk=remix.job_id).said == " blue  dog  red "
    assert not Output.objects.cleared().exists()
