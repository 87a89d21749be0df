"""What a likeness goes through, from its enrolment to its end, as phones and a console see it."""

import pytest

from demo.likeness import walk
from demo.telling import Teller


@pytest.mark.slow
def test_a_likeness_is_proven_lent_narrowed_taken_back_and_all_of_it_checked(tmp_path):
    story = walk(tmp_path, Teller())  # raises when a step of the story does not come true
    assert [made.title for made in story.made] == ["@demo2", "@demo3"]
    assert "Traceback" not in (tmp_path / "data" / "server.log").read_text()
