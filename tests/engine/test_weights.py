"""Protects weights on disk: whole or not at all, tensors only, refused when another network's."""

import errno
import os
import resource
from contextlib import contextmanager

import pytest
import torch
from safetensors import SafetensorError

from core.engine import tensors
from core.engine import weights as files
from core.engine.beginning import initial
from core.experiment.templates import names, template
from core.problems import Problems
from tests.engine.runs import same, weights
from tests.experiment.drafts import draft


@pytest.mark.parametrize("name", names())
def test_what_is_written_is_read_back(name, tmp_path):
    experiment = template(name).experiment
    net, other = initial(experiment), initial(experiment)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    files.write(tmp_path / "weights.safetensors", net)
    files.read(tmp_path / "weights.safetensors", other)
    assert same(weights(net), weights(other))
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"], "nothing half-written stays"


def test_weights_that_are_no_numbers_survive(tmp_path):
    net = initial(draft("linear"))
    with torch.no_grad():
        net.block("out")[0].bias.copy_(torch.tensor([float("nan"), float("inf")]))
    files.write(tmp_path / "w", net)
    files.read(tmp_path / "w", net)
    assert net.block("out")[0].bias.isnan().tolist() == [True, False]


@pytest.mark.parametrize("layers", [[], ["linear", "linear"], [{"kind": "linear", "units": 15}]])
def test_another_networks_weights_are_refused_and_change_nothing(layers, tmp_path):
    files.write(tmp_path / "w", initial(draft(*layers)))
    net = initial(draft("linear"))
    before = weights(net)
    with pytest.raises(Problems, match="the experiment it was trained from"):
        files.read(tmp_path / "w", net)
    assert same(before, weights(net))


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:20], lambda data: data[:-5],
                                    lambda data: b"\xff" * len(data), lambda data: b"PK\x03\x04" + data])
def test_a_damaged_file_is_refused(damage, tmp_path):
    net = initial(draft("linear"))
    path = tmp_path / "w"
    files.write(path, net)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Problems):
        files.read(path, net)


@contextmanager
def files_of_at_most(size: int):
    """A system that refuses larger files, as one with a quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_the_disk_refuses_is_told_as_such_and_nothing_half_written_stays(tmp_path):
    net = initial(draft({"kind": "linear", "units": 64}))
    files.write(tmp_path / "w", net)
    whole = (tmp_path / "w").read_bytes()
    with files_of_at_most(100), pytest.raises(OSError, match=os.strerror(errno.EFBIG)) as refused:
        files.write(tmp_path / "w", net)
    assert refused.value.errno == errno.EFBIG
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"w": whole}


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_every_word_of_the_disk_comes_through_safetensors(tmp_path, monkeypatch, fault):
    def refuse(*_):
        raise SafetensorError(f"Error while serializing: I/O error: no (os error {fault})")

    monkeypatch.setattr(tensors, "save_file", refuse)
    with pytest.raises(OSError, match=os.strerror(fault)) as refused:
        files.write(tmp_path / "w", initial(draft("linear")))
    assert refused.value.errno == fault
