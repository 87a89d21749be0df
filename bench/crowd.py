"""A crowd in PostgreSQL: people, follows, cameos and posts, made by the database itself.

One row of each table is made by the real models; the rest are its copies with other columns, so
that this file need not know columns it does not care for.
"""

from __future__ import annotations

import datetime
import time
from itertools import product
from typing import Any

from django.db import connection, models, transaction
from django.utils.timezone import now

from cameos.models import Audience, Cameo, Consent
from cameos.states import EVERYTHING, Basis, CameoState, ConsentState
from feed.models import Post
from feed.states import PostState
from feed.wording import told
from generation.models import CameoUse, Job, Output
from generation.renditions import SHOWN
from generation.states import JobState
from sora_social.ids import RANDOM_BITS
from sora_social.moderation.models import Subject, Takedown
from sora_social.users.models import Block, Follow, Handle, HandleKind, User

DAYS = 14
CAMEOS, TAKEN_DOWN, FOLLOWS = 400, 50, 50
PROMPTS = 4_096  # what people ask for, over and over
_WHO = ("a red fox", "my old dog", "two robots", "a paper boat", "the moon", "a tired wizard",
        "a small dragon", "our neighbour", "a snowman", "the last train")  # fmt: skip
_DOES = ("dances", "bakes bread", "plays chess", "surfs", "sings", "paints a wall", "falls asleep",
         "learns to skate", "reads a letter", "builds a tower")  # fmt: skip
_WHERE = ("on a beach", "in a library", "on a rooftop", "in the rain", "at a market", "in space",
          "under water", "in a desert", "on a stage", "in old clay animation")  # fmt: skip
# People are skewed: the square makes a few of them post a large part of everything.
SOMEBODY = "(('x' || substr(md5({salt} || n::text), 1, 7))::bit(28)::bigint / 268435456.0)"


def fill(people: int, posts: int, viewers: dict[str, int]) -> list[User]:
    """Fill an empty database; the viewers, by handle and number of people they follow."""
    with transaction.atomic():
        with connection.cursor() as cursor:  # the rows fit together: no need to check each
            cursor.execute("set local session_replication_role = replica")
        _people(people)
        _posts(posts, people)
        _likenesses()
        _follows(people)
        found = [_viewer(handle, count, people) for handle, count in viewers.items()]
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    return found


def _people(count: int) -> None:
    birthdate = datetime.date(1990, 1, 1)
    people = User.objects.bulk_create(
        User(handle=f"person_{n}", birthdate=birthdate, password="!") for n in range(1, count + 1)
    )
    Handle.objects.bulk_create(
        Handle(handle=person.handle, owner=person, kind=HandleKind.PERSON) for person in people
    )


def _posts(count: int, people: int) -> None:
    author = f"(select min(id) from users_user) + ({people} * {_drawn('a')} ^ 2)::int"
    first = User.objects.earliest("pk")
    job = Job(
        author=first, state=JobState.DONE, prompt="a red ball on a beach", seed=1, width=96,
        height=96, seconds=2, deadline_at=now(), idempotency_key="k0", fingerprint="",
    )  # fmt: skip
    output = Output(
        job=job, down_id="o", folder="renders/bench", renditions=[*SHOWN[:8]],
        sha256="0" * 64, size=1, width=384, height=384, seconds=2,
    )  # fmt: skip
    post = Post(author=first, output=output, state=PostState.LIVE, caption="Look!", down_id="p")
    for template in (job, output, post):
        template.save(force_insert=True)
    jobs = {"id": _uuid("job"), "idempotency_key": "'k' || n", "author_id": author}
    _copies(job, count, jobs)
    outputs = {"id": _uuid("output"), "job_id": _uuid("job"), "down_id": f"{_uuid('output')}::text"}
    _copies(output, count, outputs)
    newest = int(time.time() * 1000) - 60_000
    made, parent = _made(newest, count), _made(newest, count, "n - 1")
    _words()
    remix = "n % 5 = 0"
    _copies(
        post,
        count,
        {
            "id": made,
            "down_id": f"({made})::text",
            "output_id": _uuid("output"),
            "author_id": author,
            "parent_id": f"case when {remix} then {parent} end",
            "root_id": f"case when {remix} then {parent} end",
            "depth": f"case when {remix} then 1 else 0 end",
            "impressions": f"(300 * {_drawn('i')} ^ 3)::int",
            "likes": f"(20 * {_drawn('l')} ^ 3)::int",
            "remixes": f"(5 * {_drawn('r')} ^ 6)::int",
            "vector": "w.vector",
            "template": "w.template",
            "topics": "w.topics",
        },
        joined=f"join bench_words w on w.place = 1 + ({PROMPTS} * {_drawn('w')})::int % {PROMPTS}",
    )
    for template in (post, output, job):
        template.delete()
    down = Post.objects.order_by("-pk").values_list("pk", flat=True)[: TAKEN_DOWN * 20 : 20]
    Takedown.objects.bulk_create(
        Takedown(subject=Subject.POST, subject_id=str(pk), reason="bench") for pk in down
    )


def _words() -> None:
    """What each prompt is like, for the database to choose from."""
    asked = [" ".join(words) for words in product(_WHO, _DOES, _WHERE)]
    prompts = [f"{asked[n % len(asked)]} {n // len(asked) or ''}" for n in range(PROMPTS)]
    rows = [(n, *told(prompt, "", "").values()) for n, prompt in enumerate(prompts, start=1)]
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table bench_words "
            "(place int primary key, vector bytea, topics bigint, template bigint)"
        )
        cursor.executemany("insert into bench_words values (%s, %s, %s, %s)", rows)


def _likenesses() -> None:
    """Some have a cameo of their own, in everything that they made."""
    owners = User.objects.order_by("?")[:CAMEOS]
    cameos = Cameo.objects.bulk_create(
        Cameo(
            owner=owner, handle=owner.handle, state=CameoState.ACTIVE, wrapped_key=b"k",
            audience=Audience.EVERYONE,
        )
        for owner in owners
    )  # fmt: skip
    Consent.objects.bulk_create(
        Consent(cameo=c, requester=c.owner, basis=Basis.OWN, state=ConsentState.GRANTED)
        for c in cameos
    )
    leaves = dict(Consent.objects.values_list("requester", "pk"))
    jobs = Job.objects.filter(author__in=leaves).values_list("pk", "author")
    owned = {cameo.owner_id: cameo for cameo in cameos}
    CameoUse.objects.bulk_create(
        (CameoUse(job_id=job, cameo=owned[who], consent_id=leaves[who]) for job, who in jobs),
        batch_size=5000,
    )


def lend(leaves: int) -> None:
    """So many leaves of the cameos to the authors, as evenly as they come; every third video of
    somebody who holds one has a cameo of others in it."""
    requesters = list(User.objects.filter(handle__startswith="p").order_by("pk"))
    cameos = list(Cameo.objects.order_by("pk"))
    Cameo.objects.update(surfaces=EVERYTHING, audience=Audience.APPROVED)
    each = leaves // len(requesters)
    Consent.objects.bulk_create(
        (
            Consent(cameo=cameos[(n * each + k) % len(cameos)], requester=who,
                    state=ConsentState.GRANTED)
            for n, who in enumerate(requesters)
            for k in range(each)
            if cameos[(n * each + k) % len(cameos)].owner_id != who.pk
        ),
        batch_size=5000,
    )  # fmt: skip
    _use_leaves(each)


def _use_leaves(each: int) -> None:
    uses, jobs, held = (model._meta.db_table for model in (CameoUse, Job, Consent))
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {uses} (job_id, cameo_id, consent_id, inherited, named, position, "
            "contexts, alters, speaks, said, revision, made_at) "
            "select j.id, c.cameo_id, c.id, false, true, 0, 0, false, false, '', 1, now() "
            f"from {jobs} j join (select *, row_number() over (partition by requester_id order by "
            f"id) place from {held} where basis = 'grant') c on c.requester_id = j.author_id "
            f"and c.place = 1 + abs(hashtext(j.id::text) %% {each}) "
            f"where hashtext('u' || j.id) %% 3 = 0 "
            f"and not exists (select from {uses} u where u.job_id = j.id)",
            [],
        )
        cursor.execute("vacuum analyze")


def _follows(people: int) -> None:
    some = f"first + n %% {people}"
    others = f"first + ({people} * {_drawn('f')} ^ 2)::int %% {people}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {Follow._meta.db_table} (follower_id, followed_id, made_at) "
            f"select a, b, now() from (select {some} a, {others} b "
            f"from generate_series(1, {people * FOLLOWS}) n, "
            f"(select min(id) first from {User._meta.db_table}) f) x "
            "where a <> b on conflict do nothing",
            [],
        )


def _viewer(handle: str, followed: int, people: int) -> User:
    """Somebody who follows so many, of whom a tenth follow back, and has blocked three."""
    viewer = User.objects.create_user(handle, birthdate=datetime.date(1990, 1, 1))
    others = list(User.objects.filter(handle__startswith="p").order_by("?")[: followed + 3])
    follows = [Follow(follower=viewer, followed=other) for other in others[:followed]]
    follows += [Follow(follower=other, followed=viewer) for other in others[: followed // 10]]
    Follow.objects.bulk_create(follows, ignore_conflicts=True)
    Block.objects.bulk_create(Block(blocker=viewer, blocked=o) for o in others[followed:])
    return viewer


def _copies(template: models.Model, count: int, other: dict[str, str], joined: str = "") -> None:
    """`count` copies of a row, n from 1, with other columns as SQL of n and of what is joined."""
    meta = template._meta
    columns = [field.column for field in meta.concrete_fields]
    chosen = ", ".join(other.get(column, f"t.{column}") for column in columns)
    sql = (
        (
            f"insert into {meta.db_table} ({', '.join(columns)}) select {chosen} "
            f"from {meta.db_table} t cross join generate_series(1, {count}) n {joined} "
            f"where t.{meta.pk.column} = %s"
        )
        .replace("% 5", "%% 5")
        .replace(f"% {PROMPTS}", f"%% {PROMPTS}")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [meta.pk.get_db_prep_value(template.pk, connection)])


def _drawn(salt: str) -> str:
    """SQL of a number from 0 to 1 that looks random and is not."""
    return SOMEBODY.format(salt=f"'{salt}'")


def _uuid(salt: str) -> str:
    return f"md5('{salt}' || n)::uuid"


def _made(newest: int, count: int, n: str = "n") -> str:
    """SQL of the id of post n: spread evenly over the DAYS before `newest`, in milliseconds."""
    step = DAYS * 86_400_000 // count
    return f"((({newest - step * count} + {step} * ({n})::bigint) << {RANDOM_BITS}) + ({n}))"


def figures() -> dict[str, Any]:
    """How large the crowd is."""
    counted = (User, Follow, Post, Consent, CameoUse)
    return {model._meta.model_name: model.objects.count() for model in counted}
