"""The ways on from one run: continue, resume, or branch from its end; and a word on what each does."""

import math
import uuid

import streamlit as st

from core.catalog.metrics import compared
from core.experiment import edits, model
from core.problems import Problems, StoreTrouble
from core.records import Run, RunState
from core.runtime import branching, client
from pages.parts import session

_LOWER = 0.1
"""What the learning rate of a run that diverged is multiplied by at first."""
_RESUME = "Resume goes on from its last checkpoint, on the same device, to the same numbers."
_BRANCH = "Branch trains on from {}, as a run of its own; this one stays as it is."
_WORDS = {
    RunState.PAUSED: "It waits where it stands. Continue has it train on.",
    RunState.FINISHED: f"It is over, and was judged on its test samples. {_BRANCH}",
    RunState.STOPPED: f"It is over, and was judged on its test samples. {_BRANCH}",
    RunState.FAILED: f"It broke, and would break again. {_BRANCH}",
    RunState.DIVERGED: f"Its loss broke. {_BRANCH} A lower learning rate may help.",
    RunState.INTERRUPTED: f"Its process was gone. {_RESUME}",
}


def way(run: Run) -> None:
    """The button that leads on from a run, if anything does."""
    if run.state is RunState.PAUSED:
        if st.button("Continue", key=f"continue_{run.id}"):
            _continue(run)
    elif _resumable(run):
        if st.button("Resume", key=f"resume_{run.id}", help=_RESUME):
            _resume(run)
    elif (step := _newest(run)) is not None and st.button(f"Branch at step {step:,}", key=f"branch_{run.id}"):
        branch(run, step)


def words(run: Run) -> None:
    """What leads on from a run that does not go on by itself."""
    resumable, step = _resumable(run), _newest(run)
    if run.state is RunState.FAILED and resumable:
        st.caption(f"Its disk failed it, not its training. {_RESUME}")
    elif run.state.over and step is None and not resumable:
        st.caption("It kept no moment to go on from. Open it in the Studio to train it anew.")
    elif run.state in _WORDS:
        st.caption(_WORDS[run.state].format("" if step is None else f"step {step:,}"))


def _resumable(run: Run) -> bool:
    """Whether it can be resumed; of a run that cannot be read the page tells elsewhere."""
    try:
        return client.resumable(session.store(), run)
    except StoreTrouble:
        return False


def _newest(run: Run) -> int | None:
    """The last moment of a run that is over."""
    try:
        return branching.newest(session.store(), run.id) if run.state.over else None
    except StoreTrouble:
        return None


@st.dialog("Branch")
def branch(run: Run, step: int) -> None:
    """Ask how long, and how fast, a branch is to learn."""
    try:
        asked, _ = branching.now(session.store(), run)
        done = branching.epoch(session.store(), run.id, step)
    except (Problems, StoreTrouble) as refused:
        st.error(str(refused))
        return
    st.text(f"It goes on from step {step:,}, after {done:,} epochs, and is else as run {run.id} was. "
            "To change more, open that in the Studio and press Branch there.")
    epochs, rate = asked.training.epochs, asked.training.optimizer.learning_rate
    values: dict[str, float | None] = {}
    if epochs is None:
        st.caption("It has no end of its own: stop it when it is good.")
    else:
        values["training.epochs"] = st.number_input(
            "Epochs in all", min_value=done + 1, value=epochs if epochs > done else 2 * done, step=1)
    values["training.optimizer.learning_rate"] = st.number_input(
        "Learning rate", min_value=1e-6, max_value=10.0, format="%g",
        value=(first := rate * (_LOWER if run.state is RunState.DIVERGED else 1.0)),
        step=max(1e-6, 10.0 ** math.floor(math.log10(first))))
    if st.button("Train on", key=f"branch_now_{run.id}", type="primary"):
        _branch(run, step, asked, values)


def _branch(run: Run, step: int, asked: model.Experiment, values: dict[str, float | None]) -> None:
    store = session.store()
    metric = compared(asked.data.task).kind
    try:
        for path, value in values.items():
            asked = edits.apply(asked, {"kind": "set", "path": path, "value": value})
        origin = branching.origin(store, run.id, step, asked)
        key = uuid.uuid4().hex
        made = client.submit(store, model.write(asked), run.name, key, None, metric, origin=origin)
    except (Problems, StoreTrouble) as refused:
        st.error(str(refused))
        return
    session.choose([made])
    st.rerun()


def _resume(run: Run) -> None:
    try:
        client.resume(session.store(), run.id)
    except (Problems, StoreTrouble) as refused:
        st.error(str(refused))
    else:
        st.rerun()


def _continue(run: Run) -> None:
    try:
        with session.catalog() as catalog:
            catalog.command(run.id, {"kind": "resume"})
    except StoreTrouble as refused:
        st.error(str(refused))
    else:
        st.rerun()
