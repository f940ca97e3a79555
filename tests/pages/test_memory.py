"""The memory panel: the estimate, whether it fits, what makes it fit, models of the user's own."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.looks import button, do, draft, labelled, shown
from tests.pages.test_build import ROOT

QWEN = {
    "model_type": "qwen3",
    "hidden_size": 1024,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 3072,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "tie_word_embeddings": True,
}


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=20).run()


def test_it_says_which_gpus_the_run_fits(app: AppTest) -> None:
    assert "About **21\\.7 GiB**" in shown(app)
    assert ":material/error: exceeds] 8, 12, 16 GiB" in shown(app)


def test_a_run_that_exceeds_the_gpu_is_made_to_fit(app: AppTest) -> None:
    do(labelled(app.selectbox, "Machine").select("t4"))
    assert ":red-badge[:material/error: exceeds]" in shown(app)
    assert "runs out of memory, by the estimate" in shown(app)
    do(button(app, "Batch size 1, accumulation 32").click())
    assert ":green-badge[:material/check: fits]" in shown(app)
    training = draft(app).document["training"]
    assert (training["batch_size"], training["gradient_accumulation_steps"]) == (1, 32)
    do(button(app, "Undo").click())
    assert ":red-badge[:material/error: exceeds]" in shown(app)


def paste(app: AppTest, text: str) -> None:
    do(labelled(app.text_area, "The model's config.json").set_value(text))


def test_the_sizes_of_an_unknown_model_are_read_from_its_config(app: AppTest) -> None:
    do(labelled(app.text_input, "Model *").set_value("ada/tiny-qwen"))
    assert "The sizes of this model are not known here" in shown(app)
    for odd, said in (("{", "Line 1, column 2"), ('{"model_type": "rwkv"}', "rwkv")):
        paste(app, odd)
        assert said in shown(app)
    paste(app, json.dumps(QWEN))
    assert "About **21\\.7 GiB**" in shown(app)
