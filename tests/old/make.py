"""Writes the experiments kept here: one file per template, as the schema version of this code writes them.

Run once before a schema version is left behind (`python -m tests.old.make`), and never again for that
version: the files prove that what an older Layerscope wrote still opens.
"""

import json
from pathlib import Path

from core.experiment.model import write
from core.experiment.templates import names, template
from core.experiment.upgrade import NOW

HERE = Path(__file__).parent


def main() -> None:
    """Write what is not there yet."""
    for name in names():
        path = HERE / f"{name}-{NOW}.json"
        if not path.exists():
            text = json.dumps(write(template(name).experiment), indent=1, ensure_ascii=False)
            path.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
