import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ranking.embedding import SIZE, cluster_of, embed, packed, template_of, unpacked
from ranking.topics import TOPICS, named, topics_in

BALL = "a red ball on a beach"


def likeness(one: str, other: str) -> float:
    first, second = embed([one, other])
    return float(first @ second)


def test_texts_that_share_words_are_alike():
    assert likeness(BALL, "two red balls on the beach") > 0.7
    assert likeness(BALL, "an astronaut cooks soup") < 0.4
    assert likeness("沙滩上的红球", "沙滩上的红球和蓝球") > likeness("沙滩上的红球", "宇航员煮汤")


def test_neither_order_nor_case_nor_who_is_in_it_matters():
    assert np.array_equal(*embed(["Ball, red! @somebody", "red ball"]))


@given(st.text(max_size=60))
def test_a_text_has_length_1_or_says_nothing(text):
    length = float(np.linalg.norm(embed([text])[0]))
    assert abs(length - 1) < 1e-5 or length == 0


def test_every_process_finds_the_same_numbers():
    said = (
        "from ranking.embedding import *; print(packed(embed(['a red ball on a beach'])[0]).hex())"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", said], env={"PYTHONHASHSEED": seed}, capture_output=True,
            text=True, check=True,
        ).stdout.strip()
        for seed in "12"
    ]  # fmt: skip
    assert found == [packed(embed([BALL])[0]).hex()] * 2


def test_what_is_kept_comes_back_and_nothing_kept_is_nothing_said():
    vectors = embed([BALL, "snow"])
    back = unpacked([packed(vectors[0]), b"", b"cut", packed(vectors[1])])
    assert back.shape == (4, SIZE)
    assert np.abs(back[[0, 3]] - vectors).max() < 1e-3
    assert not back[[1, 2]].any()


def test_clusters_are_ten_bits():
    vectors = embed([f"{n} things" for n in range(200)])
    clusters = cluster_of(vectors)
    assert clusters.min() >= 0
    assert clusters.max() < 1024
    assert len(set(clusters.tolist())) > 20


def test_a_template_is_a_prompt_but_for_people_case_and_dots():
    assert template_of("@ann dances in the rain.") == template_of("@bob, Dances in the Rain")
    assert template_of("@ann dances in the rain") != template_of("@ann dances in the snow")
    assert template_of("@ann !") == 0
    assert 0 < template_of(BALL) < 2**63


def test_topics_are_found_in_words_and_named_again():
    assert named(topics_in("A cat dances in outer space")) == ["dance", "animals", "space"]
    assert named(topics_in("un gato en la playa")) == ["animals", "nature"]
    assert named(topics_in("狗在跳舞")) == ["dance", "animals"]
    assert topics_in("@dancing looks up") == 0
    assert len(TOPICS) < 63
