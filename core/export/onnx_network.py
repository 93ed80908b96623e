"""A run's trained network as ONNX, run in onnxruntime at other batch sizes than it was traced with."""

from pathlib import Path

import onnxruntime
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import (  # pyright: ignore[reportMissingModuleSource]
    Fail,
    InvalidArgument,
    RuntimeException,
)
from torch import Tensor

from core.export.place import put
from core.export.subject import Proof, Subject
from core.export.trained import TRACED, Trained, agree, answered, proved, quiet, rejudged, trained

_REFUSALS = (Fail, InvalidArgument, RuntimeException)
_INPUT, _OUTPUT = "x", "outputs"


def export(subject: Subject, path: Path) -> Proof:
    """Write the network to `path`, run it, and compare. Raises Problems."""
    of, content = honest(trained(subject))
    put(path, content)
    file = opened(path.read_bytes())
    return rejudged(proved("onnx", path, of, file, "onnxruntime"), answered(file, of.inputs), of)


def honest(of: Trained) -> tuple[Trained, bytes]:
    """A network as ONNX, its samples of one size where the file would answer wrongly to others.

    A tracer may write a recurrent layer as so many steps as its example had, and let other lengths pass.
    """
    content = converted(of)
    if all(agree(of, opened(content), batch) for batch in of.other()):
        return of, content
    fixed = of._replace(varying=(False,) * len(of.varying))
    return fixed, converted(fixed)


def converted(of: Trained) -> bytes:
    """The network as ONNX, weights and all in one piece."""
    with quiet():
        program = torch.onnx.export(
            of.network, (of.inputs[:TRACED],), dynamo=True, dynamic_shapes=(of.axes,), external_data=False,
            input_names=[_INPUT], output_names=[_OUTPUT], verbose=False)
    assert program is not None, "dynamo=True gives a program"
    model = program.model_proto
    for node in model.graph.node:
        for setting in node.attribute:
            # onnxscript 0.7 writes a GRU that resets before it multiplies; torch's does after.
            if node.op_type == "GRU" and setting.name == "linear_before_reset":
                setting.i = 1
    return model.SerializeToString()


class opened:
    """An ONNX file as a function of a batch."""

    def __init__(self, content: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def __call__(self, batch: Tensor) -> Tensor:
        """What the file says of a batch. (samples, outputs). Raises RuntimeError when it does not take it."""
        try:
            (result,) = self._session.run([_OUTPUT], {_INPUT: batch.numpy()})
        except _REFUSALS as refused:
            raise RuntimeError(str(refused)) from refused
        return torch.from_numpy(result)
