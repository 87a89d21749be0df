"""Jobs that name a model, among those an operator keeps beside the usual one."""

import shutil

import pytest

from generation import credits, lineup
from generation.batching import companions
from generation.errors import CannotRerender, NotPossible
from generation.models import Job
from generation.rerendering import rerender
from generation.states import JobState
from generation.tasks import run_job
from tests.generation import invariants
from tests.generation.making import done_output, submit
from tests.generation.openai.making import asked, job_of, refused
from tests.generation.test_api import Phone, error
from tests.generation.test_batching import claimed_job, model_job
from tests.people import person, with_key

TEXT_ALONE = '{"capabilities": {"modes": ["text"], "max_references": 0, "max_seconds": 4.5}}'


@pytest.fixture
def _modest(settings, tmp_path):
    """Beside the usual model one that makes short videos from text alone."""
    index = settings.GENERATION_MODEL / "model_index.json"
    shutil.copy(index, tmp_path)
    (tmp_path / "sora.json").write_text(TEXT_ALONE)
    settings.GENERATION_MODELS = {"modest": tmp_path}


@pytest.mark.django_db
@pytest.mark.usefixtures("_modest")
class TestAsking:
    def test_what_each_can_do_is_told(self):
        phone = Phone()
        usual, modest = phone.get("engine/").json(), phone.get("engine/", model="modest").json()
        names = [usual["model"], "modest"]
        assert usual["models"] == modest["models"] == names == lineup.names()
        assert (modest["model"], modest["max_seconds"]) == ("modest", 4.5)
        assert (modest["modes"], usual["max_seconds"]) == (["stitch", "text"], 5.0)

    def test_a_name_that_is_no_models_is_refused(self):
        phone = Phone()
        facts = {"field": "model", "asked": "grand", "possible": lineup.names()}
        for response in (
            phone.get("engine/", model="grand"),
            phone.submit(model="grand"),
        ):
            assert error(response)[:2] == (400, "unsupported")
            assert response.json()["facts"] == facts

    def test_a_job_keeps_the_name_and_the_usual_one_goes_without(self):
        author = person()
        usual = submit(author, key="one", model=lineup.names()[0])
        modest = submit(author, key="two", model="modest")
        assert (usual.model, modest.model) == ("", "modest")
        shown = Phone(author).get(f"jobs/{modest.pk}/").json()
        assert shown["model"] == "modest"

    def test_what_is_asked_is_held_against_the_model_that_is_named(self):
        author = person()
        assert submit(author, key="usual", seconds=4.75).seconds == 4.75
        with pytest.raises(NotPossible) as no:
            submit(author, key="modest", seconds=4.75, model="modest")
        assert no.value.facts == {"field": "seconds", "asked": 4.75, "possible": [0, 4.5]}
        with pytest.raises(NotPossible) as no:
            submit(author, key="loop", loop=True, model="modest")
        assert no.value.facts["possible"] == ["text"]

    def test_who_names_another_model_does_not_ride_along(self):
        leader = claimed_job(person())
        same, _ = model_job(person()), model_job(person(), model="modest")
        assert [job.pk for job, _ in companions(leader)] == [same.pk]

    def test_clients_of_the_videos_api_name_it_too(self, settings):
        author = person()
        client = with_key(author)
        assert "modest" in [model["id"] for model in client.get("/v1/models").json()["data"]]
        video = asked(client, model="modest")
        assert (video["model"], job_of(video).model) == ("modest", "modest")
        settings.GENERATION_MODELS = {}
        body = {"model": "modest", "prompt": "the sea"}
        assert refused(client.post("/v1/videos", body))[:2] == (400, "model_not_found")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_modest")
def test_a_job_whose_model_was_taken_away_fails_and_costs_nothing(settings):
    author = person()
    job = model_job(author, model="modest")
    settings.GENERATION_MODELS = {}
    assert companions(Job.objects.get(pk=job.pk)) == []
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.reason) == (JobState.FAILED, "model_gone")
    assert credits.account_of(author).reserved == 0
    invariants.check()


@pytest.mark.django_db
def test_without_its_model_nothing_is_made_again(tmp_path):
    output = done_output(person(), model="modest")
    output.recipe = {"versions": {}, "inputs": {}}
    output.save()
    with pytest.raises(CannotRerender) as no:
        rerender(output, tmp_path)
    assert no.value.facts == {"rule": "model_gone", "model": "modest"}


@pytest.mark.slow
@pytest.mark.xdist_group("engine")
@pytest.mark.django_db(transaction=True)
def test_it_is_rendered_with_the_model_that_it_names(settings, tmp_path):
    twin = tmp_path / "twin"
    shutil.copytree(settings.GENERATION_MODEL, twin)
    with open(twin / "transformer" / "config.json", "a") as card:
        card.write("\n")  # the same model, by another hash
    settings.GENERATION_MODELS = {"twin": twin}
    author, recipes = person(), {}
    for name in ("", "twin"):
        job = model_job(author, model=name, seed=5)
        run_job(str(job.pk))
        recipes[name] = job.outputs.get().recipe
    usual, other = recipes[""], recipes["twin"]
    assert (usual["model"], other["model"]) == (lineup.names()[0], "twin")
    assert usual["frames_sha256"] == other["frames_sha256"]
    assert rerender(job.outputs.get(), tmp_path).is_same
