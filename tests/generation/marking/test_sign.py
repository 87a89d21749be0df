"""Words that wander over the picture."""

import numpy as np

from generation.marking.marks import UNMARKED, Marks
from generation.marking.sign import STAY, Sign
from generation.marking.stamp import Stamp
from tests.generation.marking.pictures import drawn

GREY = np.full((288, 160, 3), 90, np.uint8)


def where(sign, second):
    """Top, bottom, left, right of what the words cover."""
    rows, columns = np.nonzero((sign.draw(GREY, second) != GREY).any(-1))
    return rows.min(), rows.max(), columns.min(), columns.max()


def test_the_words_wander_and_stay_inside():
    sign = Sign("@ada · AI")
    places = [where(sign, STAY * number + 0.1) for number in range(6)]
    assert len(set(places)) == 6
    assert all(top < bottom < 288 and left < right < 160 for top, bottom, left, right in places)


def test_a_long_handle_fits():
    _, _, left, right = where(Sign("@" + "w" * 60 + " · AI"), 0)
    assert right - left <= 160 * 0.72


def test_the_frame_that_was_given_is_left_alone():
    frame = GREY.copy()
    Sign("@ada").draw(frame, 0)
    assert (frame == GREY).all()


def test_nothing_is_put_where_no_marks_are():
    frame = drawn(2, 1)[0]
    assert UNMARKED.put(frame) is frame


def test_without_words_there_is_the_invisible_mark_alone():
    frame, stamp = drawn(2, 1)[0], Stamp(np.ones((128, 128), np.float32))
    marks = Marks(stamp, Sign("@ada"))
    assert (marks.hide(frame) == stamp.press(frame)).all()
    assert (marks.put(frame) != marks.hide(frame)).any()
