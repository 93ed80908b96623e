"""The Studio: choose data, stack layers, train, and watch inside. All of it is one live component."""

from pages.parts import export, session
from pages.parts.studio import studio

told = studio("studio", {**session.address()._asdict(), "theme": session.mode()})
if told.export:
    export.take_away(told.export["run"], told.export["draft"], told.export["seq"])
