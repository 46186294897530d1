import torch

from engines.architectures import build_network
from engines.architectures.care import Care
from pssr_live.training.recipe_files import read_recipe, with_files
from tests.places import DATA


def test_the_recipe_builds_a_u_net_of_one_frame_for_a_labs_own_files() -> None:
    recipe = with_files(read_recipe("care"), [DATA / "lysosomes.tif"])
    network = build_network(**recipe.network.model_dump())
    assert isinstance(network, Care)
    with torch.inference_mode():
        assert network(torch.rand(1, 1, 6, 5)).shape == (1, 1, 24, 20)
