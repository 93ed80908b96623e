"""The machine's C++ compiler, and the functions in the files it makes."""

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from core.engine.native.values import Unsupported

_FLAGS = ["-std=c++17", "-O3", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd",
          "-Wno-ignored-attributes", "-Wno-unknown-pragmas"]
"""Only sums marked for it may be added up in another order: the functions of steps.h rest on theirs."""
_COMPILERS = ("g++", "clang++", "c++")
_LINE = 64
"""Bytes of a line of the processor's cache."""

Take = Callable[[int, int, list[Tensor]], Tensor]
"""Compiled steps: (first batch, how many, [inputs, targets, knobs, *tensors]) -> losses: (how many,)

knobs: a row for each step. The tensors are changed.
"""


class Compiled(NamedTuple):
    """Compiled steps, and what they read."""

    take: Take
    whole: bool
    """Whether inputs and targets are whole batches, (batches, samples, *shape), and a smaller last one cannot
    be taken; otherwise they are an epoch's samples, (samples, *shape)."""


def compiled(text: str, path: Path) -> None:
    """Compile C++ into the file `path`, made for this processor. Raises Unsupported without a compiler."""
    name = _compiler()
    if name is None:
        raise Unsupported("anything without a C++ compiler")
    native = "-march=native" if platform.machine() in ("x86_64", "AMD64") else "-mcpu=native"
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        written, made = Path(folder) / "steps.cpp", Path(folder) / "steps.so"
        written.write_text(text)
        if subprocess.run([name, *_FLAGS, native, str(written), "-o", str(made)]).returncode:
            raise Unsupported(f"what {name} does not take")
        os.replace(made, path)


def _compiler() -> str | None:
    asked = os.environ.get("CXX")
    return next((found for found in ([asked] if asked else _COMPILERS) if shutil.which(found)), None)


@cache
def version() -> str:
    """What the compiler says of itself; nothing without one. Another one may make other code."""
    name = _compiler()
    told = subprocess.run([name, "--version"], capture_output=True, text=True).stdout if name else ""
    return told.partition("\n")[0]


def loaded(path: Path) -> Compiled:
    """The function in a file."""
    # Under a name of its own: what was loaded from a path before is handed out again, whatever lies there.
    with tempfile.TemporaryDirectory(dir=path.parent, ignore_cleanup_errors=True) as folder:
        library = ctypes.CDLL(shutil.copy(path, f"{folder}/steps.so"))
    library.room.restype = ctypes.c_int64
    whole, pointer = ctypes.c_int64, ctypes.c_void_p
    take = library.take
    take.argtypes, take.restype = [whole, whole, *[pointer] * 7], None
    draw, sizes = _drawing(library), _numbers(library, "given")
    scratch = torch.zeros(library.room() + _LINE, dtype=torch.uint8)
    start = -(-scratch.data_ptr() // _LINE) * _LINE
    known: list[int] = []
    places = (pointer * 0)()

    def run(first: int, count: int, given: list[Tensor]) -> Tensor:
        nonlocal known, places
        inputs, targets, knobs, *tensors = given
        found = [tensor.data_ptr() for tensor in tensors]
        if found != known or [inputs.numel(), targets.numel(), knobs.shape[1]] != sizes[:3]:
            _fits(given, sizes)
            known, places = found, (pointer * len(found))(*found)
        losses = torch.empty(count)
        drawn = draw(first, count)
        take(first, count, inputs.data_ptr(), targets.data_ptr(), knobs.data_ptr(), places, drawn.data_ptr(),
             losses.data_ptr(), start)
        return losses

    run.scratch = scratch  # type: ignore[attr-defined] - lives as long as the function
    return Compiled(run, whole=False)


def _drawing(library: ctypes.CDLL) -> Callable[[int, int], Tensor]:
    """Draws the random numbers of so many steps, each step's in the order that plain steps have."""
    batches = ctypes.c_int64.in_dll(library, "batches").value
    whole = _draws(library, "whole")
    rest = _draws(library, "rest") if hasattr(library, "rest_count") else []
    width = sum(size for size, _ in whole)

    def draw(first: int, count: int) -> Tensor:
        drawn = torch.empty(count, width)
        for step, row in enumerate(drawn if width else ()):
            begin = 0
            for size, chance in whole if first + step < batches else rest:
                part = row[begin:begin + size]
                part.normal_() if chance < 0 else part.bernoulli_(chance)
                begin += size
        return drawn

    return draw


def _draws(library: ctypes.CDLL, step: str) -> list[tuple[int, float]]:
    """How many numbers a step draws each time, and how likely each is to be 1; see `Draw`."""
    count = ctypes.c_int64.in_dll(library, f"{step}_count").value
    sizes = (ctypes.c_int64 * count).in_dll(library, f"{step}_sizes")
    return list(zip(sizes, (ctypes.c_double * count).in_dll(library, f"{step}_chances"), strict=True))


def _numbers(library: ctypes.CDLL, name: str) -> list[int]:
    count = ctypes.c_int64.in_dll(library, f"{name}_count").value
    return list((ctypes.c_int64 * count).in_dll(library, name))


def _fits(tensors: Sequence[Tensor], sizes: Sequence[int]) -> None:
    """Raises RuntimeError unless the tensors are as many and as large as those it was compiled for."""
    inputs, targets, knobs, *others = tensors
    found = [inputs.numel(), targets.numel(), knobs.shape[1], *(tensor.numel() for tensor in others)]
    if found != sizes or not all(tensor.is_contiguous() and tensor.is_cpu for tensor in tensors):
        raise RuntimeError(f"These steps were compiled for {sizes} numbers, not {found}.")
