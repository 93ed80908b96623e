"""Compiled steps as files: made by our own compiler where it can, by torch's where it cannot, and loaded."""

import os
import tempfile
import traceback
from pathlib import Path

import torch
from torch import Tensor

from core.engine.native import compiler
from core.engine.native.compiler import Compiled
from core.engine.native.lowering import declared, decompositions
from core.engine.native.source import Part, Row, State, source
from core.engine.native.values import Unsupported
from core.engine.turbo_graph import Steps, described
from core.engine.turbo_step import Tensors
from core.experiment.model import Experiment

_PACKAGE = b"PK"
"""How a file by torch's compiler begins; it is an archive."""


def load() -> None:
    """Load what `build` loads when it first needs it, which takes longer than compiling a small network."""
    from torch.fx.experimental.proxy_tensor import make_fx

    make_fx(torch.neg, decomposition_table=decompositions())(torch.zeros(1))


def build(experiment: Experiment, threads: int, path: Path) -> None:
    """Compile the steps of an experiment into the file `path`. Takes a second or two, by torch ten and more.

    Raises Problems when this optimizer or network cannot be, and whatever torch raises when it cannot.
    """
    torch.set_num_threads(threads)
    steps, given = described(experiment)
    try:
        if threads > 1:
            raise Unsupported("several threads")
        compiler.compiled(written(steps, len(given[2])), path)
        return
    except Unsupported as why:
        print(f"Compiled by torch, for our own compiler cannot do {why}.", flush=True)
    except Exception:  # an edge: a fault here must not cost what torch can do
        traceback.print_exc()
    _by_torch(steps, given, threads, path)


def written(steps: Steps, batches: int) -> str:
    """The steps in C++; batches: how many whole ones an epoch has. Raises Unsupported."""
    rows = [Row(layout.size, layout.spans) for layout in steps.layouts()]
    whole, rest = (part and Part(part.still(declared(), decompositions()), part.batch)
                   for part in (steps, steps.rest))
    assert whole is not None
    return source(whole, rest, State(rows, steps.others, steps.moved), batches)


def _by_torch(steps: Steps, given: Tensors, threads: int, path: Path) -> None:
    import torch._inductor
    from torch._inductor import config

    # Random numbers come from torch's own generator, so that dropout draws what it would have drawn.
    options = {"fallback_random": True, "cpp.threads": threads}
    assert steps.one  # looked at now, for that cannot be done while it is exported
    program = torch.export.export(steps, given, strict=False)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, config.patch(options):
        made = Path(folder) / "steps.pt2"
        torch._inductor.aoti_compile_and_package(program, package_path=str(made))
        os.replace(made, path)


def loaded(path: Path) -> Compiled:
    """The compiled steps a file holds."""
    with path.open("rb") as file:
        package = file.read(len(_PACKAGE)) == _PACKAGE
    return _package(path) if package else compiler.loaded(path)


def _package(path: Path) -> Compiled:
    # Torch's public way in looks at every argument again at every call, which costs more than a step.
    run = torch._C._aoti.AOTIModelPackageLoader(str(path), "model", False, 1, -1).run  # type: ignore[attr-defined]

    def take(first: int, count: int, given: "list[Tensor]") -> Tensor:
        (losses,) = run([torch.tensor(first), torch.tensor(count), *given])
        return losses[:count]

    return Compiled(take, whole=True)
