"""The Studio: choose data, stack layers, train, and watch inside. All of it is one live component."""

from pages.parts import session
from pages.parts.studio import studio

studio("studio", {"run": session.run(), "theme": session.mode()})
