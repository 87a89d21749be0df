"""What a job may be made from and as what, task by task: fields, people, lineage, price."""

import pytest
from PIL import Image

from cameos import services as cameos
from cameos.errors import ConsentRequired
from generation import credits, dispatch, orders, services
from generation.errors import NotAPreview, NotPossible, PromptRefused, WishRefused
from generation.models import Job, Output
from generation.states import JobState, Tier
from sora_social import storage
from sora_social.errors import NotFound
from sora_social.moderation.models import Subject
from sora_social.moderation.services import take_down
from sora_social.outbox import OutboxEvent
from tests.cameos.making import active_cameo
from tests.generation import invariants
from tests.generation.making import done_output, done_outputs, queued_job, stored, submit
from tests.people import make_mutual, moderator, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _everything_adds_up():
    yield
    invariants.check()


def finish(job):
    token = dispatch.claim(job.pk)
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.DONE
    return list(Output.objects.filter(job=job).order_by("variant"))


def picture(folder, size=(200, 100), name="picture.png"):
    path = folder / name
    Image.new("RGB", size, "white").save(path)
    return path


# --- which fields go with which task ---


@pytest.mark.parametrize(
    ("wish", "field", "rule"),
    [
        ({"task": "extend"}, "source", "missing"),
        ({"task": "blend", "source": 0}, "other", "missing"),
        ({"task": "inpaint", "source": 0}, "mask", "missing"),
        ({"task": "stitch"}, "sources", "missing"),
        ({"task": "stitch", "sources": (0,)}, "sources", "too_few"),
        ({"task": "stitch", "sources": (0,) * 9}, "sources", "too_many"),
        ({"task": "stitch", "sources": (0, 0), "seed": 3}, "seed", "not_taken"),
        ({"strength": 0.5}, "strength", "not_taken"),
        ({"span": (0.0, 1.0)}, "span", "not_taken"),
        ({"source": 0, "loop": True}, "loop", "not_taken"),
        ({"task": "extend", "source": 0, "other": 0}, "other", "not_taken"),
        ({"still": True, "seconds": 1.0}, "seconds", "not_together"),
        ({"still": True, "loop": True}, "loop", "not_together"),
        ({"shots": ({"prompt": "x", "seconds": 1.0},), "seconds": 1.0}, "seconds", "not_together"),
        ({"variants": 5}, "variants", "too_many"),
        ({"variants": 0}, "variants", "too_many"),
        ({"task": "recast", "source": 0}, "prompt", "no_cameo"),
    ],
    ids=str,
)
def test_a_field_that_makes_no_sense_is_named_with_its_rule(wish, field, rule):
    author = person()
    with pytest.raises(WishRefused) as no:
        submit(author, **with_clips(wish, done_output(author)))
    assert (no.value.facts["field"], no.value.facts["rule"]) == (field, rule)
    assert Job.objects.filter(state=JobState.QUEUED).count() == 0


def with_clips(wish, clip):
    """The wish with the clip in place of every 0."""
    one = {name: clip for name in ("source", "other") if wish.get(name) == 0}
    return (
        wish
        | one
        | ({"sources": tuple(clip for _ in wish["sources"])} if "sources" in wish else {})
    )


@pytest.mark.parametrize("prompt", ["", "a" * 2001, "a\x00b"])
def test_every_shot_has_a_prompt_like_any_other(prompt):
    with pytest.raises(PromptRefused) as no:
        submit(person(), shots=({"prompt": prompt, "seconds": 1.0},))
    assert no.value.facts["field"] == "shots"


def test_a_still_is_no_clip_to_work_on_but_one_to_begin_with():
    author = person()
    still = done_output(author, still=True)
    with pytest.raises(WishRefused) as no:
        submit(author, task="extend", source=still)
    assert (no.value.facts["field"], no.value.facts["rule"]) == ("source", "not_a_clip")
    job = submit(author, source=still)
    assert (job.task, orders.keys_of(job)) == ("", {"first_frame": [still.main_key]})


def test_a_mask_has_the_shape_of_what_it_masks(tmp_path):
    author = person()
    clip = done_output(author)
    wish = {"task": "inpaint", "source": clip}
    with pytest.raises(WishRefused) as no:
        submit(author, mask=picture(tmp_path, (200, 100)), **wish)
    assert (no.value.facts["field"], no.value.facts["rule"]) == ("mask", "other_shape")
    job = submit(author, mask=picture(tmp_path, (100, 99)), **wish)
    assert storage.exists(job.mask)


@pytest.mark.parametrize("span", [(2.0, 1.0), (1.0, 1.0), (0.0, 500.0)])
def test_a_span_has_a_beginning_and_an_end_that_the_model_can_make(span):
    author = person()
    with pytest.raises(NotPossible) as no:
        submit(author, task="inpaint", source=done_output(author), span=span)
    assert no.value.facts["field"] == "span"


def test_a_model_that_lacks_a_task_names_what_it_has(monkeypatch, settings, tmp_path):
    settings.GENERATION_MODEL = silent_model(tmp_path, settings.GENERATION_MODEL)
    author = person()
    with pytest.raises(NotPossible) as no:
        submit(author, task="extend", source=done_output(author))
    assert no.value.facts == {"field": "task", "asked": "extend", "possible": ["text"]}


def silent_model(folder, model):
    """A model folder whose card says that it makes videos from text alone."""
    (folder / "model_index.json").write_text((model / "model_index.json").read_text())
    (folder / "sora.json").write_text('{"capabilities": {"modes": ["text"], "max_references": 0}}')
    return folder


# --- whom and what it is made from ---


@pytest.mark.parametrize(
    ("task", "role"),
    [
        ("", "remix"),
        ("extend", "extend"),
        ("extend_back", "extend"),
        ("restyle", "restyle"),
        ("inpaint", "inpaint"),
    ],
)
def test_a_source_becomes_a_parent_in_the_role_of_its_task(task, role):
    author = person()
    clip = done_output(author)
    part = {"span": (0.2, 0.8)} if task == "inpaint" else {}
    (child,) = finish(submit(author, task=task, source=clip, **part))
    assert [(step.parent, step.role) for step in child.lineage.all()] == [(clip, role)]
    assert child.job.task == (task or "restyle")


def test_a_stitch_keeps_the_order_of_its_sources():
    author = person()
    clips = [done_output(author) for _ in range(3)]
    in_order = (clips[2], clips[0], clips[1], clips[0])
    job = submit(author, task="stitch", sources=in_order)
    assert orders.keys_of(job) == {"pieces": [clip.main_key for clip in in_order]}
    (child,) = finish(job)
    assert [step.parent for step in child.lineage.order_by("pk")] == [*in_order]


@pytest.mark.parametrize("task", ["blend", "stitch"])
def test_everybody_in_every_source_is_in_it(task):
    author = person()
    lent = [active_cameo(person(), audience="everyone") for _ in range(4)]
    one, other = done_output(author, lent[:2]), done_output(author, lent[2:])
    sources = {"blend": {"source": one, "other": other}, "stitch": {"sources": (one, other)}}
    job = submit(author, task=task, **sources[task])
    assert [(use.cameo, use.inherited) for use in job.uses.all()] == [(c, True) for c in lent]
    assert "references" not in orders.keys_of(job)


@pytest.mark.parametrize("task", ["extend", "restyle", "blend", "stitch"])
def test_whoever_is_in_a_source_is_asked_for_leave(task):
    lender, author, friend = person(), person(), person()
    cameo = active_cameo(lender, audience="mutuals")
    make_mutual(lender, friend)
    clean, theirs = done_output(author), done_output(friend, [cameo])
    wish = {"source": theirs} if task != "stitch" else {"sources": (clean, theirs)}
    wish |= {"other": clean} if task == "blend" else {}
    with pytest.raises(ConsentRequired) as no:
        submit(author, task=task, **wish)
    assert no.value.facts == {"cameo": cameo.handle, "rule": "person"}


def test_a_recast_sends_the_new_person_alone_and_still_needs_the_old_ones_leave():
    author = person()
    old, new = (active_cameo(person(), audience="everyone") for _ in range(2))
    clip = done_output(author, [old])
    job = submit(author, f"@{new.handle} dances", task="recast", source=clip)
    assert orders.references_of(job) == cameos.reference_keys(new)[:1]
    assert {use.cameo for use in job.uses.all()} == {old, new}
    cameos.pause(old)
    assert not Job.objects.cleared().filter(pk=job.pk).exists()


def test_any_source_that_goes_dark_ends_the_job():
    author = person()
    clean, dark = done_output(author), done_output(author)
    job = submit(author, task="stitch", sources=(clean, dark))
    token = dispatch.claim(job.pk)
    assert dispatch.beat(job.pk, token)
    take_down(Subject.OUTPUT, str(dark.pk), moderator(), "test")
    assert not dispatch.beat(job.pk, token)
    dispatch.stand_down(job.pk, token)
    job.refresh_from_db()
    assert (job.state, job.reason) == (JobState.CANCELLED, "source")


def test_a_dark_second_source_is_refused():
    author, cameo = person(), active_cameo(person(), audience="everyone")
    clean, dark = done_output(author), done_output(author, [cameo])
    cameos.pause(cameo)
    with pytest.raises(NotFound):
        submit(author, task="blend", source=clean, other=dark)


def test_people_in_shots_are_in_the_video():
    author = person()
    one, other = (active_cameo(person(), audience="everyone") for _ in range(2))
    shots = ({"prompt": f"@{n.handle} waves", "seconds": 1.0} for n in (one, other, one))
    job = submit(author, "a day at sea", shots=tuple(shots))
    assert [use.cameo for use in job.uses.all()] == [one, other]
    assert (job.seconds, [shot["seconds"] for shot in job.shots]) == (3.0, [1.0] * 3)


# --- what it costs ---


@pytest.mark.parametrize(
    ("wish", "cost"),
    [
        ({}, 1),
        ({"seconds": 1.0}, 1),
        ({"tier": "high"}, 2),
        ({"variants": 3}, 3),
        ({"variants": 2, "tier": "high"}, 4),
        ({"still": True}, 1),
        ({"still": True, "variants": 4}, 4),
        ({"tier": "preview", "variants": 4}, 4),
        ({"shots": ({"prompt": "x", "seconds": 1.0},) * 3}, 2),
        ({"shots": ({"prompt": "x", "seconds": 1.0},) * 3, "tier": "draft"}, 1),
        ({"shots": ({"prompt": "x", "seconds": 1.0},) * 3, "tier": "preview"}, 1),
    ],
    ids=str,
)
def test_a_job_costs_what_the_table_of_prices_says(wish, cost):
    author = person()
    assert submit(author, **wish).cost == cost
    account = credits.account_of(author)
    assert (account.available, account.reserved) == (30 - cost, cost)


def test_a_stitch_costs_one_however_long():
    author = person()
    clip = done_output(author)
    assert submit(author, task="stitch", sources=(clip,) * 8).cost == 1


# --- variants ---


def test_variants_are_one_job_with_seeds_of_their_own():
    author = person()
    job = submit(author, variants=3, seed=2**31 - 2)
    assert [orders.variant_seed(job, n) for n in range(3)] == [2**31 - 2, 2**31 - 1, 0]
    outputs = finish(job)
    assert [output.variant for output in outputs] == [0, 1, 2]
    assert len({output.folder for output in outputs}) == 3


def test_all_variants_end_in_one_event():
    friend, author = person(), person()
    cameo = active_cameo(friend, audience="everyone")
    outputs = done_outputs(author, [cameo], variants=3, cost=3)
    ids = [str(output.pk) for output in outputs]
    ended = OutboxEvent.objects.get(kind="job_ended").payload
    assert (ended["draft"], ended["drafts"]) == (ids[0], ids)
    used = OutboxEvent.objects.get(kind="cameo_used").payload
    assert (used["output"], used["outputs"]) == (ids[0], ids)


def test_a_leave_that_ends_publishes_none_of_the_variants():
    cameo = active_cameo(person(), audience="everyone")
    job = queued_job(person(), [cameo], variants=3)
    token = dispatch.claim(job.pk)
    made = stored(job.pk, token)
    cameos.pause(cameo)
    assert dispatch.finish(job.pk, token, made) == JobState.CANCELLED
    assert Output.objects.count() == 0


# --- previews and finals ---


def test_a_final_is_the_same_wish_from_the_same_noise(tmp_path):
    author, cameo = person(), active_cameo(person(), audience="everyone")
    wish = {"tier": "preview", "variants": 2, "seed": 5, "last_frame": picture(tmp_path)}
    preview = finish(submit(author, f"@{cameo.handle} waves", **wish))[1]
    final = services.finalize(author, preview, key="final", tier=Tier.HIGH)
    assert (final.seed, final.tier, final.variants, final.final_of) == (6, "high", 1, preview)
    assert (final.prompt, final.engine_prompt) == (preview.job.prompt, preview.job.prompt)
    assert storage.fetch(final.last_frame) == storage.fetch(preview.job.last_frame)
    assert final.last_frame != preview.job.last_frame
    assert [use.cameo for use in final.uses.all()] == [cameo]


def test_the_final_of_a_remix_has_its_sources():
    author = person()
    clip = done_output(author)
    (preview,) = finish(submit(author, source=clip, tier="preview"))
    final = services.finalize(author, preview, key="final")
    assert [(step.output, step.role) for step in final.sources.all()] == [(clip, "remix")]
    assert services.finalize(author, preview, key="final").pk == final.pk


def test_a_final_needs_leave_like_anything_else():
    author, cameo = person(), active_cameo(person(), audience="everyone")
    (preview,) = finish(submit(author, f"@{cameo.handle} waves", tier="preview"))
    cameos.set_terms(cameo, audience="only_me")
    with pytest.raises(ConsentRequired):
        services.finalize(author, preview, key="final")


def test_only_a_preview_has_a_final():
    author = person()
    with pytest.raises(NotAPreview):
        services.finalize(author, done_output(author), key="final")
