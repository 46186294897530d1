from pssr_live.training.recipe_files import read_recipe

HELD_OUT = {
    "mito_isim_cos7/GFP_1_t052_x0062_y1270.tif",
    "mito_pearling_gif/hela_ck666.tif",
    "lysosome_confocal/lysosome_10.tif",
}


def test_the_bundled_engine_s_recipe_keeps_the_held_out_series_out() -> None:
    recipe = read_recipe("mito-lite")
    validation = {series.path for series in recipe.having("validation")}
    others = {series.path for series in recipe.series if series.role != "validation"}
    assert validation >= HELD_OUT
    assert not validation & others


def test_the_bundled_engine_s_recipe_names_a_licence_and_a_source_for_each_series() -> None:
    recipe = read_recipe("mito-lite")
    assert all(series.licence != "not stated" for series in recipe.series)
    assert all(series.source != "own recording" for series in recipe.series)
