"""A run's trained network as ONNX with weights of 8 bits; the proof says what is lost by that."""

import math
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from core.catalog.metrics import compared
from core.export.onnx_network import honest, opened
from core.export.place import put
from core.export.subject import Proof, Subject
from core.export.trained import Trained, answered, proved, quiet, rejudged, trained

_LOSS = 0.05
"""How much of the figure runs are compared by may be lost."""


def export(subject: Subject, path: Path) -> Proof:
    """Write the network to `path`, run it, and say what was lost. Raises Problems."""
    of, whole = honest(trained(subject))
    small = quantized(whole)
    put(path, small)
    file = opened(path.read_bytes())
    proof = rejudged(proved("onnx-int8", path, of, file, "onnxruntime"), answered(file, of.inputs), of)
    return _said(proof, of, len(whole), len(small))


def quantized(content: bytes) -> bytes:
    """The network with its weights in whole numbers of 8 bits; what it computes is scaled as it goes."""
    with quiet(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.onnx"
        # Unsigned: onnxruntime has no convolution of signed 8-bit weights on the processor.
        quantize_dynamic(onnx.load_from_string(content), path, weight_type=QuantType.QUInt8)
        return path.read_bytes()


def _said(proof: Proof, of: Trained, before: int, after: int) -> Proof:
    """The proof in terms of what is lost: equal answers are not to be had, the figure must stay."""
    assert proof.stored is not None
    assert proof.found is not None
    kept = _kept(proof.stored, proof.found, compared(of.data.task).higher_is_better)
    far = "not finite" if proof.largest_difference is None else f"up to {proof.largest_difference:.2g} apart"
    word = "" if kept else f" That is more than the {_LOSS:.0%} that may be lost: take the ONNX file instead."
    said = (f"On the {len(of.inputs)} test samples {proof.metric} is {proof.found:.4g} with 8 bits, "
            f"{proof.stored:.4g} without; answers lie {far}; the file has {after:,} bytes instead of "
            f"{before:,}.{word}")
    return proof.model_copy(update={"said": said, "close": kept and not proof.equal})


def _kept(before: float, after: float, higher_is_better: bool) -> bool:
    """Whether a figure is as good as before, or worse by no more than _LOSS of it."""
    if math.isnan(before):
        return math.isnan(after)
    lost = before - after if higher_is_better else after - before
    return lost <= _LOSS * abs(before)
