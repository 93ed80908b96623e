"""The ways to take a run away: said once, for whoever writes them, the command line and the page."""

from typing import Literal, NamedTuple

from core.problems import Problem, Problems, closest

Needs = Literal["draft", "run", "weights"]
"""What there must be: a draft will do; a run that has told something; a run that is over, with weights."""


class Way(NamedTuple):
    """One way to take a run away. Its file core/export/<module>.py has `export(subject, path) -> Proof`."""

    kind: str
    title: str
    help: str
    file: str
    """What it is called in a run's folder."""
    needs: Needs
    checking: str
    """What is done with the file once it is written."""
    module: str


WAYS = (
    Way("script", "Python script",
        "All the run did, as one file that needs torch, numpy and scikit-learn, and nothing of ours.",
        "script.py", "draft", "running the script's first steps", "script"),
    Way("notebook", "Notebook",
        "The same script as a Jupyter notebook, cut into cells with a word about each.",
        "notebook.ipynb", "draft", "running the notebook's cells for the first steps", "notebook"),
    Way("safetensors", "Weights",
        "The trained numbers as safetensors, and the experiment they belong to as JSON.",
        "weights.safetensors", "weights", "reading the weights back and judging them on the test split",
        "weights"),
    Way("onnx", "ONNX", "The trained network for onnxruntime and other programs that read ONNX.",
        "network.onnx", "weights", "running the file in onnxruntime on the test split", "onnx_network"),
    Way("onnx-int8", "ONNX, 8 bits",
        "The same with its weights in whole numbers of 8 bits: a smaller file that answers a little worse.",
        "network.int8.onnx", "weights", "running the file in onnxruntime and judging it on the test split",
        "onnx_int8"),
    Way("pt2", "PyTorch program",
        "The trained network by torch.export: runs in PyTorch without the code that made it.",
        "network.pt2", "weights", "loading the program and running it on the test split", "pt2"),
    Way("report", "Report",
        "One page to keep or send: data, network, settings, curves, scores, and what was changed.",
        "report.html", "run", "reading the page's curves back", "report"),
    Way("metrics", "Recorded numbers", "Every recorded point as a table of name, step and value.",
        "metrics.csv", "run", "reading the points back", "metrics"),
    Way("tensorboard", "TensorBoard", "Every recorded point as an event file that TensorBoard reads.",
        "run.tfevents", "run", "reading the events back", "tensorboard"),
)
"""In the order in which they are offered."""


def kinds() -> tuple[str, ...]:
    """The name of every way."""
    return tuple(way.kind for way in WAYS)


def way(kind: str) -> Way:
    """The way of this name. Raises Problems when there is none."""
    for one in WAYS:
        if one.kind == kind:
            return one
    what = f"A run cannot be exported to {kind!r}."
    raise Problems(Problem(where="to", what=what, fix=closest(kind, kinds())))


def lacking(way: Way, *, begun: bool, over: bool, weights: bool) -> Problem | None:
    """What is missing for a way, and how to come by it; None when it can be taken.

    begun: the run has told something. over: nothing more will happen to it. weights: it has left some.
    """
    if way.needs == "draft":
        return None
    if not begun:
        return Problem(where="run", what="Nothing has been trained yet.", fix="Train first, then export.")
    if way.needs == "run":
        return None
    if not over:
        return Problem(where="run", what="The run is not over yet, so its weights still change.",
                       fix="Stop it, or wait until it ends.")
    if not weights:
        return Problem(where="run", what="The run ended without leaving weights behind.",
                       fix="Train it again, or export the script.")
    return None
