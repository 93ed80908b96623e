"""Protects networks taken away for other programs: they answer the same, at sizes not traced too."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import onnx
import pytest
import torch
from torch import Tensor, nn

from core import export
from core.engine import weights
from core.engine.beginning import initial
from core.engine.data import split
from core.engine.trainer import Trainer
from core.experiment import templates
from core.export import Proof, Subject
from core.export.onnx_int8 import quantized
from core.export.onnx_network import converted, opened
from core.export.trained import Trained, proved, trained
from core.shapes import Shape
from tests.experiment.written import pinned

NETWORKS = ("onnx", "onnx-int8", "pt2")


def untrained(name: str, folder: Path) -> Subject:
    """A template with first weights, as if its run were over."""
    asked = pinned(templates.template(name).experiment)
    weights.write(folder / "weights", initial(asked))
    return Subject(asked, tuple(Trainer(asked).start()), over=True, weights=folder / "weights")


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], tuple[Path, Proof]]:
    """Takes a template away, once each way: the file, and its proof."""
    @cache
    def take(name: str, to: str) -> tuple[Path, Proof]:
        folder = tmp_path_factory.mktemp("taken")
        return folder / "network", export.export(untrained(name, folder), to, folder / "network")
    return take


@pytest.mark.parametrize("to", ["onnx", "pt2"])
@pytest.mark.parametrize("name", ["digits-cnn", "diabetes"])
def test_a_network_answers_the_same_elsewhere(
        to: str, name: str, taken: Callable[[str, str], tuple[Path, Proof]]) -> None:
    _, proof = taken(name, to)
    assert proof.equal or proof.close, proof.said
    assert proof.largest_difference is not None
    assert proof.largest_difference < 1e-4
    assert "in batches of 1, 3, " in proof.said
    assert "any number of samples; a sample is always" in proof.said
    assert proof.files == ("network",)


@pytest.mark.slow
@pytest.mark.parametrize("name", templates.names())
def test_every_template_can_be_taken_away_as_every_network(name: str, tmp_path: Path) -> None:
    subject = untrained(name, tmp_path)
    for to in NETWORKS:
        proof = export.export(subject, to, tmp_path / to)
        assert proof.checked
        assert proof.largest_difference is not None, proof.said
        assert proof.equal or proof.close or to == "onnx-int8", proof.said
        assert "any number of samples" in proof.said or to == "onnx-int8", proof.said


def test_an_onnx_file_is_in_one_piece_and_says_what_is_fixed(
        taken: Callable[[str, str], tuple[Path, Proof]]) -> None:
    path, _ = taken("digits-cnn", "onnx")
    model = onnx.load(path, load_external_data=False)
    onnx.checker.check_model(model)
    assert not [one for one in model.graph.initializer if one.external_data]
    batch, *sample = model.graph.input[0].type.tensor_type.shape.dim
    assert batch.dim_param
    assert [axis.dim_value for axis in sample] == [1, 8, 8]


def test_eight_bits_say_what_is_lost(tmp_path: Path) -> None:
    trainer = Trainer(pinned(templates.template("digits-cnn").experiment, epochs=2))
    events = [*trainer.start(), *trainer.advance(40, 60)]
    weights.write(tmp_path / "weights", trainer.network)
    subject = Subject(trainer.experiment, tuple(events), over=True, weights=tmp_path / "weights")
    proof = export.export(subject, "onnx-int8", tmp_path / "small.onnx")
    assert proof.close, proof.said
    assert not proof.equal
    assert proof.metric == "Accuracy"
    assert f"Accuracy is {proof.found:.4g} with 8 bits, {proof.stored:.4g} without" in proof.said
    assert f"{(tmp_path / 'small.onnx').stat().st_size:,} bytes" in proof.said


def test_eight_bits_that_lose_too_much_are_not_close(tmp_path: Path) -> None:
    from core.export.onnx_int8 import _said

    subject = untrained("iris", tmp_path)
    of = trained(subject)
    proof = proved("onnx-int8", tmp_path / "x", of, of.network, "nobody")
    worse = proof.model_copy(update={"equal": False, "metric": "Accuracy", "stored": 0.9, "found": 0.8})
    told = _said(worse, of, 100, 50)
    assert not told.close
    assert "more than the 5% that may be lost: take the ONNX file" in told.said


def test_answers_that_differ_are_told(tmp_path: Path) -> None:
    of = trained(untrained("iris", tmp_path))
    proof = proved("onnx", tmp_path / "x", of, lambda batch: of.network(batch).detach() + 0.5, "nobody")
    assert not proof.equal
    assert not proof.close
    assert proof.largest_difference == pytest.approx(0.5)
    assert "more than the 0.0" in proof.said


def test_a_file_with_a_fixed_batch_is_told(tmp_path: Path) -> None:
    of = trained(untrained("iris", tmp_path))

    def fixed(batch: Tensor) -> Tensor:
        if len(batch) != 3:
            raise RuntimeError("the batch is 3")
        return of.network(batch).detach()

    proof = proved("onnx", tmp_path / "x", of, fixed, "nobody")
    assert proof.equal
    assert "in batches of 3, are equal" in proof.said
    assert "A batch may hold 3 samples, no more and no less" in proof.said


class Recurrent(nn.Module):
    """Reads a sequence of any length, and answers from its last step."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.read, self.out = kind(4, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.read(x)[0][:, -1])


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_a_length_that_may_vary_is_found_and_tried(kind: type[nn.RNNBase], tmp_path: Path) -> None:
    data, network = split(templates.template("iris").experiment.data), Recurrent(kind).eval()
    inputs = torch.randn(9, 5, 4)
    of = Trained(network, inputs, network(inputs).detach(), data, Shape((5, 4), ("time", "features")),
                 (True, False))
    proof = proved("onnx", tmp_path / "x", of, opened(converted(of)), "onnxruntime")
    assert proof.close, proof.said
    assert "of a sample, time may vary" in proof.said
    assert opened(quantized(converted(of)))(inputs).shape == (9, 3)


