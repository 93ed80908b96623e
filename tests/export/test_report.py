"""Protects the report: it stands alone, shows every text as text, and its curves are the run's."""

import re
from html import unescape
from pathlib import Path

import pytest

from core import events, export
from core.charts import page
from core.engine.trainer import Trainer
from core.experiment import templates
from core.experiment.model import Experiment
from core.export import Subject
from core.records import Run, RunState
from tests.experiment.written import pinned

HOSTILE = '</title></script><img src=x onerror="alert(1)"> & {0} "quoted"'


def reported(asked: Experiment, *, name: str = "a run", steps: int = 44) -> Subject:
    """A short run, steered once."""
    trainer = Trainer(asked)
    told = [*trainer.start(), *trainer.advance(4, 60)]
    told += [trainer.change("training.optimizer.learning_rate", 0.125), *trainer.advance(steps - 4, 60)]
    told += [] if trainer.over else trainer.stop()
    row = Run(id=7, name=name, state=RunState.STOPPED, experiment={}, created=1.7e9, seconds=1.5)
    points = tuple(point for event in told for point in events.points(event))
    return Subject(asked, tuple(told), over=True, points=points, run=row)


def written(subject: Subject, path: Path) -> str:
    """The report, proved."""
    proof = export.export(subject, "report", path)
    assert proof.equal, proof.said
    assert proof.compared == len(subject.points) > 0
    return path.read_text(encoding="utf-8")


def own(text: str) -> str:
    """The page without plotly.js."""
    return re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", templates.names())
def test_every_template_has_a_report(name: str, tmp_path: Path) -> None:
    asked = pinned(templates.template(name).experiment)
    text = own(written(reported(asked, steps=8), tmp_path / "report.html"))
    shown = unescape(text)
    for node in asked.network.nodes:
        assert f"<td>{node.id}" in shown
    assert asked.data.title in shown
    assert "0.125" in shown
    assert "training.optimizer.learning_rate" in shown


def test_a_report_asks_nothing_of_anybody(tmp_path: Path) -> None:
    text = written(reported(pinned(templates.template("iris").experiment)), tmp_path / "report.html")
    assert not re.findall(r"""(?:src|href)\s*=|url\(|@import|https?:""", own(text))
    assert "default-src 'none'" in text
    assert page.CONFIG["showSendToCloud"] is False
    assert page.CONFIG["displaylogo"] is False
    assert '"showSendToCloud": false, "displaylogo": false' in text
    assert "prefers-color-scheme: dark" in text


def test_text_is_shown_as_text(tmp_path: Path) -> None:
    subject = reported(pinned(templates.template("iris").experiment), name=HOSTILE)
    text = written(subject, tmp_path / "report.html")
    assert "<img" not in own(text)
    assert HOSTILE in unescape(own(text))
    assert text.count("</script>") == text.count("<script") == 3


def test_test_scores_stand_with_their_sample_count(tmp_path: Path) -> None:
    subject = reported(pinned(templates.template("iris").experiment))
    text = own(written(subject, tmp_path / "report.html"))
    assert "30 samples the network never learned from" in text
    assert f"<dd>{subject.events[-1].test['accuracy']:.4g}</dd>" in text


def test_a_run_that_goes_on_has_a_report_without_scores(tmp_path: Path) -> None:
    whole = reported(pinned(templates.template("diabetes").experiment))
    begun = whole._replace(events=whole.events[:1], over=False)
    assert "has not been judged on the test split" in written(begun, tmp_path / "report.html")


def test_numbers_that_are_not_finite_have_no_place_on_a_curve(tmp_path: Path) -> None:
    subject = reported(pinned(templates.template("iris").experiment))
    odd = (*subject.points, ("train_loss", 99, float("inf")), ("validation_loss", 99, float("nan")))
    assert "NaN" not in str(page.read(written(subject._replace(points=odd), tmp_path / "report.html")))
