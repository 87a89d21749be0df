import time

from sora_social.ids import seconds_of, snowflake, uuid7


def test_later_ids_are_larger():
    made = [uuid7(), snowflake()]
    time.sleep(0.002)  # the ids' own clock ticks in milliseconds
    assert (uuid7() > made[0], snowflake() > made[1]) == (True, True)


def test_uuid7_carries_its_version_and_variant():
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_a_snowflake_knows_when_it_was_made():
    assert abs(seconds_of(snowflake()) - time.time()) < 1
