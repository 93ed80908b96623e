"""What a run tells, in lines for a person."""

from core.events import (
    Compared,
    Continued,
    Diverged,
    Event,
    Failed,
    Finished,
    Repinned,
    Started,
    Stopped,
    TurboChanged,
    Validated,
)


def line(event: Event) -> str:
    """An event for a person; nothing for what is only for charts."""
    match event:
        case Started():
            return f"{event.parameters:,} parameters on {event.device_name}, threads: {event.threads}"
        case Continued():
            steps = f" (steps to {event.step + event.again} were taken again)" if event.again else ""
            return f"goes on exactly from step {event.step}{steps}" if event.exact else (
                f"goes on from step {event.step}{steps}. {event.why}")
        case Validated():
            return f"epoch {event.epoch:>5}  step {event.step:>7}  {_scores(event.scores)}"
        case Finished() | Stopped():
            return f"{event.type} after {event.seconds:.1f} s of training  test: {_scores(event.test)}"
        case Diverged():
            return f"diverged at step {event.step}: the loss was {event.loss}"
        case Failed():
            return event.what
        case Compared():
            return event.words()
        case Repinned():
            return (f"the machine's load changed: threads: {event.threads} from step {event.step}, "
                    f"{event.gain:.1f} times as fast")
        case TurboChanged():
            return _turbo(event)
        case _:
            return ""


def _turbo(event: TurboChanged) -> str:
    match event.state:
        case "compiling":
            return f"turbo: compiling beside the run, from step {event.step}"
        case "on":
            return (f"turbo: on from step {event.step}, {event.gain:.1f} times as fast, {event.steps} steps "
                    f"at once (compiled in {event.seconds:.0f} s)")
        case "off":
            return f"turbo: off. {event.reason}"


def _scores(scores: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in scores.items())
