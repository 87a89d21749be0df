"""A recipe followed once more makes the same pixels, or says why it cannot."""

import av
import pytest
from django.core.management import CommandError, call_command

from cameos import services as cameos
from generation import rerendering
from generation.errors import CannotRerender
from generation.models import Output
from generation.rerendering import rerender
from sora_social import storage
from tests.cameos.making import active_cameo
from tests.generation.drawn import drawn_frames
from tests.generation.making import done_output
from tests.generation.test_execution import QUICK, submitted
from tests.people import person

made_by_the_model = [
    pytest.mark.slow,
    pytest.mark.xdist_group("engine"),
    pytest.mark.django_db(transaction=True),
]


def refusal(output, folder):
    with pytest.raises(CannotRerender) as no:
        rerender(output, folder)
    return no.value.facts


def packets(path):
    with av.open(str(path)) as film:
        return [bytes(packet) for packet in film.demux() if packet.dts is not None]


@pytest.mark.django_db
def test_without_everybodys_leave_nothing_is_made_again(tmp_path):
    cameo = active_cameo(person(), audience="everyone")
    output = done_output(person(), [cameo])
    cameos.pause(cameo)
    assert refusal(output, tmp_path) == {"rule": "leave_gone"}


@pytest.mark.django_db
def test_an_output_without_a_recipe_is_not_made_again(tmp_path):
    assert refusal(done_output(person()), tmp_path) == {"rule": "no_recipe"}


@pytest.mark.django_db(transaction=True)
def test_a_stitch_is_made_again_from_the_same_pieces(tmp_path):
    author = person()
    pieces = [done_output(author) for _ in range(2)]
    output = submitted(author, "a", task="stitch", sources=tuple(pieces)).outputs.get()
    assert rerender(output, tmp_path).is_same
    storage.drop(pieces[0].video_key)
    assert refusal(output, tmp_path) == {"rule": "input_gone", "input": "pieces"}


def test_how_near_two_pictures_are_is_told_in_decibels():
    frames = drawn_frames()
    assert rerendering.psnr(frames, frames) == float("inf")
    assert rerendering.psnr(frames, frames ^ 1) == pytest.approx(48.13, abs=0.01)
    assert rerendering.psnr(frames, frames[1:]) == 0.0


class TestWithTheModel:
    pytestmark = made_by_the_model

    @pytest.mark.parametrize("variants", [1, 2])
    def test_the_same_machine_makes_the_same_bits(self, tmp_path, capsys, variants):
        output = submitted(person(), "a", variants=variants, **QUICK).outputs.last()
        assert output.recipe["together"] == variants
        file = tmp_path / "again.mp4"
        call_command("rerender", str(output.pk), "--out", str(file))
        assert capsys.readouterr().out == "bit for bit the same\n"
        with storage.local(output.video_key) as stored:  # which is signed, and this is not
            assert packets(file) == packets(stored)

    def test_another_recipe_is_told_by_its_distance(self):
        output = submitted(person(), "a", **QUICK).outputs.get()
        other = output.recipe | {"seed": 99, "frames_sha256": ""}
        Output.objects.filter(pk=output.pk).update(recipe=other)
        with pytest.raises(CommandError, match="dB: not the same, at least 35 are"):
            call_command("rerender", str(output.pk))

    def test_other_weights_are_refused(self, tmp_path):
        output = submitted(person(), "a", **QUICK).outputs.get()
        output.recipe |= {"weights_hash": "0" * 64}
        assert refusal(output, tmp_path)["rule"] == "other_weights"
