from ranking.topics import TOPICS, named, topics_in


def test_words_joined_by_hyphens_are_a_phrase():
    assert named(topics_in("a Stop Motion dog")) == ["animals", "stop-motion"]
    assert named(topics_in("stop-motion!")) == ["stop-motion"]
    assert topics_in("stop the blurred motion") == 0


def test_a_topics_place_is_its_bit_for_good():
    first = ["dance", "music", "sports", "food", "animals", "nature", "city", "space"]
    assert [*TOPICS[:8]] == first
    assert 30 <= len(TOPICS) <= 62
