"""The optional text model: a tiny random checkpoint, saved and loaded, and everything refused."""

import json
import threading

import pytest
import torch
from django.conf import settings as plain_settings
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from generation.engine import writer
from generation.engine.types import Stopped
from generation.engine.writer import TooSlow
from generation.prompting import Asked, Level, Reader, compose
from generation.prompting import levels as levels_here
from generation.prompting import writer as writer_for
from generation.rendering import Child

WORDS = ("<unk>", "<s>", "</s>", "soft", "light", "falls", "slowly", "over", "everything", "rain")
pytestmark = pytest.mark.xdist_group("engine")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A transformers folder with random weights that knows a few words."""
    return save(tmp_path_factory.mktemp("writer"))


@pytest.fixture(scope="module")
def model(folder):
    yield writer.load(folder)
    writer.unload()


def save(folder, template=None, room=256):
    known = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, "<unk>"))
    known.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens = PreTrainedTokenizerFast(tokenizer_object=known, unk_token="<unk>", eos_token="</s>")
    tokens.chat_template = template
    tokens.save_pretrained(folder)
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(WORDS), hidden_size=32, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=room,
        bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    network = LlamaForCausalLM(config)
    with torch.no_grad():  # random, but never an end or an unknown word
        network.lm_head.weight[:3] = 0
        network.lm_head.weight[3:] *= 50
        network.model.embed_tokens.weight.normal_()  # what is said last, decides
    network.save_pretrained(folder)
    return folder


def write(model, prompt="a soft rain", most=8, seconds=60.0, on_step=lambda done, of: None):
    return model.write(prompt, most, seconds, on_step)


def test_it_writes_at_most_so_many_words_and_the_same_ones_again(model):
    text = write(model)
    assert 1 <= len(text.split()) <= 8
    assert set(text.split()) <= set(WORDS[3:])
    assert write(model) == text
    assert len(write(model, most=3).split()) <= 3


def test_it_tells_of_every_word_and_stops_between_two(model):
    steps = []

    def stop_at_two(done, of):
        steps.append((done, of))
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        write(model, on_step=stop_at_two)
    assert steps == [(1, 8), (2, 8)]
    assert write(model)  # and is of use afterwards


def test_what_takes_too_long_is_no_text(model):
    with pytest.raises(TooSlow):
        write(model, seconds=0.0)


def test_a_prompt_that_is_longer_than_the_model_reads_is_refused(model):
    with pytest.raises(ValueError, match="do not fit into 256"):
        write(model, "rain " * 256)


def test_a_model_with_a_form_of_conversation_is_asked_in_it(tmp_path, model):
    form = "{% for message in messages %}{{ 'light' if 'rain' in message.content }}{% endfor %}"
    other = writer.load.__wrapped__(save(tmp_path, template=form))
    assert write(other, "rain") == write(other, "everything rain")
    assert write(other, "rain") != write(model, "rain")


def test_an_unfinished_sentence_is_left_out():
    assert writer.whole("Light falls. Rain slo") == "Light falls."
    assert writer.whole("light falls slo") == "light falls slo"


def test_pickled_weights_are_refused(tmp_path):
    save(tmp_path)
    weights = tmp_path / "model.safetensors"
    torch.save(LlamaForCausalLM.from_pretrained(tmp_path).state_dict(), weights.with_suffix(".bin"))
    (tmp_path / "model.bin").rename(tmp_path / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(OSError, match="safetensors"):
        writer.load(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_folder_that_brings_code_is_refused(tmp_path, name):
    save(tmp_path)
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    asked = {"AutoConfig": "evil.A", "AutoModelForCausalLM": "evil.B", "AutoTokenizer": "evil.C"}
    plain = json.loads((tmp_path / name).read_text())
    (tmp_path / name).write_text(json.dumps(plain | {"auto_map": asked}))
    with pytest.raises(ValueError, match="code of its own"):
        writer.load(tmp_path)


def test_a_folder_cut_short_is_refused(tmp_path):
    save(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(Exception, match=r"(?i)header|safetensor|deserializ"):
        writer.load(tmp_path)


@pytest.mark.slow
def test_a_prompt_is_written_in_the_rendering_child(folder, tmp_path, settings):
    child = Child(plain_settings.GENERATION_MODEL)

    def ask(order):
        return child.ask(order, lambda done, of: None, threading.Event())

    asked = Asked("@anna in the rain", handles=("anna",), level=Level.WRITER)
    try:
        settings.PROMPT_WRITER = folder
        words = compose(asked, Reader("drawn"), writer_for(ask))
        settings.PROMPT_WRITER = tmp_path
        without = compose(asked, Reader("drawn"), writer_for(ask))
        settings.PROMPT_WRITER = None
        off = compose(asked, Reader("drawn"), writer_for(ask))
    finally:
        child.kill()
    assert (words.by, words.note) == (Level.WRITER, "")
    added = words.prompt.removeprefix("person one in the rain. ")
    assert set(added.split()) <= set(WORDS[3:])
    assert (without.by, off.by) == (Level.TEMPLATE, Level.TEMPLATE)
    assert without.prompt == off.prompt == "person one in the rain by day, the camera pans left"
    assert (bool(without.note), off.note) == (True, "no_writer")


def test_the_levels_that_work_here_are_told(folder, settings):
    settings.PROMPT_WRITER = None
    assert levels_here() == ["off", "template"]
    settings.PROMPT_WRITER = folder
    assert levels_here() == ["off", "template", "writer"]
