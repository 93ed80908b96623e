"""Protects the gallery: every template has a card that is true to it, in the order of the menu."""

from core.experiment.gallery import gallery
from core.experiment.templates import names, template


def test_every_template_has_a_card_in_the_order_of_the_menu():
    assert tuple(card["name"] for card in gallery()) == names()


def test_a_card_names_the_data_and_shows_every_layer_and_every_wire():
    for card in gallery():
        experiment, picture = template(card["name"]).experiment, card["picture"]
        assert (card["group"], card["data"]) == (experiment.data.group, experiment.data.title)
        families = [family for _, _, family in picture["boxes"]]
        assert families == ["input", *(node.layer.group for node in experiment.network.nodes)]
        cells = [(column, row) for column, row, _ in picture["boxes"]]
        assert len(set(cells)) == len(cells)
        assert all(column < picture["columns"] and row < picture["rows"] for column, row in cells)
        reached = {end for _, end, _ in picture["edges"]}
        assert reached == set(range(1, len(cells))), card["name"]
        assert all(cells[start][0] < cells[end][0] for start, end, _ in picture["edges"])
