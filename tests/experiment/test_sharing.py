"""Protects links that hold an experiment: they open as they were made, and damage is told, never opened."""

import base64
import json
import random
import string
import time
import zlib
from hashlib import blake2b

import pytest

from core.experiment import model, sharing, templates
from core.problems import Problems

LETTERS = string.ascii_letters + string.digits + "-_"


def sealed(packed: bytes) -> str:
    """A link's text with a right seal over anything."""
    whole = blake2b(packed, digest_size=8).digest() + packed
    return "1" + base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def deflated(plain: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush()


@pytest.mark.parametrize("name", templates.names())
def test_every_template_comes_back_from_its_link_as_it_was(name):
    experiment = templates.template(name).experiment
    text = sharing.link(experiment)
    assert sharing.load(text) == experiment
    assert len(text) < 2000


def test_a_whole_address_and_a_file_open_too():
    experiment = templates.template("moons").experiment
    text = sharing.link(experiment)
    assert sharing.load(f"http://localhost:8501/?run=3#e={text}&hide=loss,pace\n") == experiment
    assert sharing.load(json.dumps(model.write(experiment), indent=2)) == experiment
    assert sharing.load("\ufeff" + json.dumps(model.write(experiment))) == experiment


def test_every_changed_letter_is_noticed():
    text = sharing.link(templates.template("digits-cnn").experiment)
    for place in range(len(text)):
        for letter in random.Random(place).sample(LETTERS, 4):
            if letter == text[place]:
                continue
            with pytest.raises(Problems) as told:
                sharing.load(text[:place] + letter + text[place + 1:])
            assert told.value.problems[0].where == "link"
            assert told.value.problems[0].fix


def test_a_link_cut_anywhere_or_with_more_behind_it_is_refused():
    text = sharing.link(templates.template("xor").experiment)
    for end in range(1, len(text)):
        with pytest.raises(Problems):
            sharing.load(text[:end])
    for more in ("A", "AAAA", "=", " x", "%20"):
        with pytest.raises(Problems):
            sharing.load(text + more)


@pytest.mark.parametrize("text", ["", " ", "1", "1A", "2AAAA", "<script>", "1" + "é" * 20, "{", "[]", "null",
                                  "https://example.org/", "https://example.org/#e=", "#hide=loss", "\x00"])
def test_what_is_no_link_is_refused_with_the_way_out(text):
    with pytest.raises(Problems) as told:
        sharing.load(text)
    assert all(problem.what and problem.fix for problem in told.value.problems)


def test_a_small_link_to_a_huge_text_is_refused_at_once():
    text = sealed(deflated(b" " * 20_000_000))
    assert len(text) < sharing.LONGEST
    began = time.perf_counter()
    with pytest.raises(Problems, match="larger than 1,000,000 bytes"):
        sharing.load(text)
    assert time.perf_counter() - began < 0.5


def test_a_text_longer_than_any_link_is_refused_unread():
    with pytest.raises(Problems, match="at most 30,000"):
        sharing.load("1" + "A" * 1_000_000)


def test_a_right_seal_over_something_else_is_still_read_like_any_file():
    document = model.write(templates.template("xor").experiment)
    odd = {**document, "training": {**document["training"], "batch_size": -1}}
    with pytest.raises(Problems) as told:
        sharing.load(sealed(deflated(json.dumps(odd).encode())))
    assert told.value.problems[0].where == "training.batch_size"
    for packed in (b"", b"\x00", deflated(b"[]"), deflated(b"\xff\xfe"), deflated(b"{}")[:-1],
                   deflated(b"{}") + b"x"):
        with pytest.raises(Problems):
            sharing.load(sealed(packed))


def test_a_link_of_a_newer_version_says_so():
    document = {**model.write(templates.template("xor").experiment), "schema_version": 99}
    with pytest.raises(Problems, match="version 99"):
        sharing.load(sealed(deflated(json.dumps(document).encode())))


def test_an_experiment_too_long_for_a_link_is_told_to_go_as_a_file():
    some = random.Random(0)
    nodes = [{"id": "".join(some.choices(string.ascii_letters, k=30)), "layer": {"kind": "relu"}}
             for _ in range(1500)]
    experiment = model.read({"network": {"nodes": [*nodes, {"id": "out", "layer": {"kind": "output"}}]}})
    with pytest.raises(Problems, match="Download it as a file"):
        sharing.link(experiment)
