"""Answers what a page asks on the live route, from the store and the experiment alone. Computes no tensor."""

from contextlib import closing
from pathlib import Path
from typing import Any, assert_never

from core.catalog.all import catalogue
from core.catalog.fields import settings
from core.catalog.metrics import compared
from core.charts import measures, theme
from core.experiment import changing, check, diagram, edits, model, sharing, templates
from core.experiment.cost import timed_alike
from core.experiment.gallery import gallery
from core.experiment.model import Experiment, Training
from core.problems import Problem, Problems
from core.records import Run, RunState
from core.runtime import branching, client, commands, lineage, replaying, requests
from core.runtime.requests import Answerable, Moment, Noise, Pace, Preview, Question, RateRange
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader

COMPARED = 1000
"""Points a series is thinned to when it is laid over another run's."""
SKETCHED = 60
"""Points a series is thinned to that is one of many."""


class Desk:
    """One page's desk: its own connection to the store, used by one thread at a time."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._catalog = Catalog(store, create=False)

    def close(self) -> None:
        """Let go of the store."""
        self._catalog.close()

    def answer(self, request: Answerable) -> dict[str, Any]:
        """The body of the reply. Raises Problems and StoreTrouble."""
        match request:
            case requests.Catalogue():
                return {"catalogue": self._choices()}
            case requests.Check():
                return _view(model.read(request.draft), request.folded)
            case requests.Edit():
                return _view(edits.apply(model.read(request.draft), request.edit), request.folded)
            case requests.Share():
                return {"link": sharing.link(model.read(request.draft))}
            case requests.Load():
                return _view(sharing.load(request.text))
            case requests.Template():
                return _view(templates.template(request.name).experiment)
            case requests.Open():
                run = self._catalog.run(request.run)
                experiment, told = branching.now(self._store, run)
                draft = replaying.as_asked(self._store, run.id, experiment)
                return {**_view(draft), "run": _row(run), "told": told}
            case requests.Compare():
                onto = None if request.onto is None else self._catalog.run(request.onto)
                return self._compare(self._catalog.run(request.run), onto)
            case requests.Train():
                return {"run": self._train(request)}
            case requests.Many():
                return {"runs": self._many(request)}
            case requests.Courses():
                return {"runs": [self._course(run) for run in request.runs]}
            case requests.Runs():
                return {"runs": [_row(run) for run in self._catalog.runs()]}
            case requests.Replay():
                return {"run": replaying.replay(self._store, request.run, request.key)}
            case requests.Resume():
                client.resume(self._store, request.run)
            case requests.Command():
                self._catalog.command(request.run, commands.read(request.command).model_dump(mode="json"))
            case requests.First():
                self._catalog.hurry(request.run)
            case requests.Rename():
                self._catalog.rename(request.run, request.name)
            case requests.Delete():
                self._catalog.delete(request.run)
            case _:
                assert_never(request)
        return {}

    def ask(self, question: Question) -> str:
        """Leave a question for an analyst and return its key. Raises Problems and StoreTrouble."""
        experiment = model.read(question.draft)
        if isinstance(question, Preview):  # the same data is the same question, whatever the network
            plain = model.read({"data": model.write(experiment)["data"]})
            return client.ask(self._store, "preview", {"experiment": model.write(plain)})
        if isinstance(question, Pace):
            check.check(experiment)
            return client.ask(self._store, "pace", {"experiment": model.write(timed_alike(experiment))})
        if isinstance(question, RateRange | Noise):
            check.check(experiment)
            return client.ask(self._store, question.do, {"experiment": model.write(experiment)})
        if question.run is not None:
            with closing(Catalog(self._store, create=False)) as catalog:  # another thread may use ours now
                catalog.run(question.run)
        return client.ask(self._store, "look", {
            "experiment": model.write(experiment), "run": question.run, "step": question.step,
            "sample": question.sample, "gaze": question.gaze.model_dump()})

    def moment(self, request: Moment) -> bytes:
        """What there was to see after a step of a run, packed. Raises Problems and StoreTrouble."""
        return branching.seen(self._store, request.run, request.step)

    def answered(self, key: str) -> bytes | None:
        """The answer as a packed snapshot, None while there is none. Raises Problems when none will come."""
        found = client.answer(self._store, key)
        if found is None:
            return None
        if "problem" in found.facts:
            raise Problems(Problem(where="", what=str(found.facts["problem"]), fix=""))
        return found.pack()

    def _choices(self) -> dict[str, Any]:
        return {**catalogue(), "training": settings(Training),
                "changeable": changing.PARTS, "palette": theme.palette(),
                "templates": gallery(), "system": client.system(self._store, patience=0)}

    def _train(self, request: requests.Train) -> int:
        experiment = model.read(request.draft)
        check.check(experiment)
        origin = None
        if request.origin is not None:
            run = self._catalog.run(request.origin.run).id
            origin = branching.origin(self._store, run, request.origin.step, experiment)
        first = [] if request.first is None else [commands.read(request.first).model_dump(mode="json")]
        return client.submit(self._store, model.write(experiment), experiment.name, request.key, request.pace,
                             compared(experiment.data.task).kind, origin=origin, first=first)

    def _many(self, request: requests.Many) -> list[int]:
        """Queue the same experiment with other values of one setting, each once."""
        draft = model.read(request.draft)
        word = request.setting.rpartition(".")[2].replace("_", " ")
        asked: list[tuple[dict[str, Any], str]] = []
        for value in dict.fromkeys(request.values):
            number = int(value) if float(value).is_integer() else value
            experiment = edits.apply(draft, {"kind": "set", "path": request.setting, "value": number})
            check.check(experiment)
            asked.append((model.write(experiment), f"{draft.name} · {word} {value:.4g}"[:200]))
        return client.submit_many(self._store, asked, request.key, compared(draft.data.task).kind)

    def _course(self, id: int) -> dict[str, Any]:
        run = self._catalog.run(id)
        course: list[float] = []
        steps: list[int] = []
        if run.state not in (RunState.QUEUED, RunState.STARTING):
            with closing(Reader(files.run_folder(self._store, id))) as reader:
                found = reader.series(f"validation_{run.metric}", SKETCHED)
            steps, course = list(found.steps), list(found.values)
        return {**_row(run), "steps": steps, "values": course}

    def _compare(self, run: Run, onto: Run | None) -> dict[str, Any]:
        """A run's curves, as far as they share an axis with those of the run they are to lie on."""
        curves = lineage.curves(self._store, run, COMPARED)
        if onto is None:
            return {"name": run.name, "series": list(curves.values())}
        why = measures.said([onto, run])
        ours, theirs = (measures.measure(one.experiment).task for one in (onto, run))
        if ours != theirs:
            raise Problems(Problem(where="", what=why, fix="Lay runs of the same task over each other."))
        alike = [one for name, one in curves.items()
                 if measures.measure(run.experiment, name) == measures.measure(onto.experiment, name)]
        return {"name": run.name, "series": alike, "said": why and f"{why} Only the scores are laid over."}


def _view(experiment: Experiment, folded: list[str] | None = None) -> dict[str, Any]:
    """A draft as the page works with it: in its one normal form, drawn, with all its problems."""
    drawn = diagram.drawing(experiment, folded or ())
    return {"draft": model.write(experiment), "drawing": drawn, "problems": drawn["problems"]}


def _row(run: Run) -> dict[str, Any]:
    return run.model_dump(include={"id", "name", "state", "best", "metric", "seconds", "created", "reason",
                                   "parent", "parent_step"})
