"""Moments: what is kept of a run's time, so that one can go back: fewer the longer ago."""


def moment(step: int | str) -> str:
    """The name of the snapshot that shows a run as it was after a step."""
    return f"moment:{step}"


def too_many(steps: list[int], most: int, kept: set[int]) -> list[int]:
    """Which of ascending steps to let go so that `most` stay: the newest dense, the oldest sparse.

    The one goes that leaves the smallest gap, as a share of its age. The first, the last two and those in
    `kept` stay, even when they are more than `most`.
    """
    left, gone = list(steps), list[int]()
    while len(left) > most:
        free = [place for place in range(1, len(left) - 2) if left[place] not in kept]
        if not free:
            break
        worst = min(free, key=lambda place: (left[place + 1] - left[place - 1])
                    / (left[-1] - left[place - 1]))
        gone.append(left.pop(worst))
    return sorted(gone)
