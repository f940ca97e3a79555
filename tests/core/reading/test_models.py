import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DocumentError, UnknownSizes
from core.reading import models
from core.reading.model_config import dims_from_config
from core.reading.models import ModelDims

SIZES = Path(models.__file__).parents[1] / "data" / "model_dims.json"

KNOWN_COUNTS = [
    ("Qwen/Qwen3-0.6B", 2_293_760),
    ("Qwen/Qwen3-4B", 5_898_240),
    ("Qwen/Qwen3-8B", 7_667_712),
    ("meta-llama/Llama-3.2-1B-Instruct", 1_703_936),
    ("HuggingFaceTB/SmolLM2-1.7B", 3_145_728),
    ("google/gemma-3-1b-it", 1_490_944),
    ("microsoft/Phi-4-mini-instruct", 1_572_864),
]


@pytest.mark.parametrize(("name", "count"), KNOWN_COUNTS)
def test_lora_of_rank_8_has_as_many_weights_as_peft_counts(name: str, count: int) -> None:
    dims = models.dims(name)
    assert dims is not None
    assert dims.layers * 8 * dims.lora_width == count


def test_embedding_linears_and_norms_add_up_to_the_total_of_each_known_model() -> None:
    for entry in json.loads(SIZES.read_text(encoding="utf-8")):
        dims = models.dims(entry["names"][0])
        assert dims is not None
        head = 0 if dims.tied else dims.vocabulary * dims.hidden
        assert dims.embedding + head + dims.linear + dims.norms == dims.parameters, dims.names


def test_variants_share_the_sizes_of_their_base_and_case_does_not_matter() -> None:
    assert models.dims("Qwen/Qwen3-0.6B-Base") == models.dims("qwen/qwen3-0.6b")


def test_a_longer_context_is_known_for_the_2507_variants() -> None:
    dims = models.dims("Qwen/Qwen3-4B-Instruct-2507")
    assert dims is not None
    assert dims.context == 262_144


def test_an_unknown_model_has_no_sizes() -> None:
    assert models.dims("someone/something") is None
    assert models.dims("") is None


@pytest.mark.parametrize(
    "name",
    [
        "gpt2",
        "microsoft/DialoGPT-medium",
        "EleutherAI/pythia-70m",
        "EleutherAI/gpt-neox-20b",
        "tiiuae/falcon-7b",
        "bigscience/bloom-560m",
        "mosaicml/mpt-7b",
    ],
)
def test_these_families_have_no_layers_for_lora(name: str) -> None:
    assert models.lacks_projections(name)


@pytest.mark.parametrize(
    "name", ["Qwen/Qwen3-0.6B", "tiiuae/Falcon3-1B-Instruct", "bigcode/starcoder2-3b"]
)
def test_these_families_have_layers_for_lora(name: str) -> None:
    assert not models.lacks_projections(name)


@pytest.mark.parametrize(
    "name",
    [
        "meta-llama/Llama-3.2-1B-Instruct",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "mistralai/Mistral-7B-Instruct-v0.3",
        "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
        "google/gemma-3-1b-it",
    ],
)
def test_these_vocabularies_are_full(name: str) -> None:
    assert models.has_full_vocabulary(name)


@pytest.mark.parametrize("name", ["Qwen/Qwen3-0.6B", "microsoft/Phi-4-mini-instruct"])
def test_these_vocabularies_have_room(name: str) -> None:
    assert not models.has_full_vocabulary(name)


# --- Smaller models of a kind ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "smaller"),
    [
        ("Qwen/Qwen3-4B", ["Qwen/Qwen3-1.7B", "Qwen/Qwen3-0.6B"]),
        ("qwen/qwen3-1.7b-base", ["Qwen/Qwen3-0.6B-Base"]),
        (
            "meta-llama/Llama-3.1-8B-Instruct",
            ["meta-llama/Llama-3.2-3B-Instruct", "meta-llama/Llama-3.2-1B-Instruct"],
        ),
        ("Qwen/Qwen3-0.6B", []),
        ("google/gemma-3-1b-it", []),
        ("someone/something-7B", []),
        ("", []),
    ],
)
def test_smaller_models_are_of_the_same_kind(name: str, smaller: list[str]) -> None:
    assert [found for found, _ in models.smaller(name)] == smaller


# --- Sizes from a config.json ------------------------------------------------------------------

# What the published files say besides the sizes. Where tie_word_embeddings is left out, the family
# decides; where the head's width is, it follows from the hidden one.
FAMILIES: Final[dict[str, dict[str, Any]]] = {
    "Qwen": {"model_type": "qwen3"},
    "meta-llama": {"model_type": "llama"},
    "HuggingFaceTB": {"model_type": "llama"},
    "google": {"model_type": "gemma3_text"},
    "microsoft": {"model_type": "phi3"},
}


def config_of(dims: ModelDims) -> dict[str, Any]:
    """The config.json that a known model has, as far as sizes go."""
    config = {
        **FAMILIES[dims.name.split("/")[0]],
        "architectures": ["SomeForCausalLM"],
        "hidden_size": dims.hidden,
        "num_hidden_layers": dims.layers,
        "num_attention_heads": dims.heads,
        "num_key_value_heads": dims.kv_heads,
        "head_dim": dims.head_dim,
        "intermediate_size": dims.intermediate,
        "vocab_size": dims.vocabulary,
        "max_position_embeddings": dims.context,
        "tie_word_embeddings": dims.tied,
        "rope_theta": 1000000.0,
    }
    left_out = {
        "google": "tie_word_embeddings",
        "HuggingFaceTB": "head_dim",
        "microsoft": "head_dim",
    }
    config.pop(left_out.get(dims.name.split("/")[0], ""), None)
    return config


@pytest.mark.parametrize("names", [item["names"] for item in json.loads(SIZES.read_text("utf-8"))])
def test_the_config_of_each_known_model_gives_its_published_sizes(names: list[str]) -> None:
    known = models.dims(names[0])
    assert known is not None
    read = dims_from_config(json.dumps(config_of(known)), names[0])
    assert read == replace(known, names=(names[0],))
    assert read.lora_width == known.lora_width


TINY: Final = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 96,
    "vocab_size": 100,
    "max_position_embeddings": 512,
}

# Counted by transformers 4.52.4 and 5.24.0 (smollm3 by the latter) in models made of such configs.
COUNTED: Final = [
    ("llama", {}, 74560),
    ("llama", {"tie_word_embeddings": True}, 68160),
    ("llama", {"attention_bias": True, "mlp_bias": True}, 75456),
    ("llama", {"num_key_value_heads": None, "head_dim": None}, 82752),
    ("mistral", {"head_dim": 32}, 99136),
    ("qwen2", {}, 74816),
    ("qwen3", {"head_dim": 16}, 74624),
    ("gemma", {"head_dim": 16}, 68160),
    ("gemma2", {"head_dim": 16}, 68416),
    ("gemma3_text", {"head_dim": 16}, 68480),
    ("phi", {}, 63140),
    ("phi3", {}, 74560),
    ("granite", {}, 74560),
    ("olmo2", {}, 74752),
    ("smollm3", {}, 68160),
    ("starcoder2", {}, 56896),
]


@pytest.mark.parametrize(("family", "changes", "count"), COUNTED)
def test_each_family_has_as_many_weights_as_transformers_makes(
    family: str, changes: dict[str, Any], count: int
) -> None:
    read = dims_from_config({"model_type": family, **TINY, **changes})
    assert read.parameters == count


def test_gemma_3_that_sees_images_has_its_sizes_in_a_config_of_its_own() -> None:
    text = {"hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34}
    read = dims_from_config({"model_type": "gemma3", "text_config": text})
    # Counted by transformers in the part that writes text.
    assert read.parameters == 3_880_263_168
    assert read.left_out == "the vision tower"


def test_the_name_is_the_given_one_or_that_in_the_config() -> None:
    config = {"model_type": "llama", **TINY, "_name_or_path": "me/own-1B"}
    assert dims_from_config(config).name == "me/own-1B"
    assert dims_from_config(config, "you/other").name == "you/other"
    assert dims_from_config({**config, "_name_or_path": 5}).name == "this model"


def test_a_file_may_come_as_bytes() -> None:
    data = json.dumps({"model_type": "llama", **TINY}).encode()
    assert dims_from_config(data).hidden == 64


LLAMA: Final = {"model_type": "llama", **TINY}
REFUSED: Final[list[tuple[Any, str]]] = [
    ({}, "no 'model_type'"),
    ({"model": {"name": "x"}, "training": {}}, "no 'model_type'"),
    ({"model_type": 5}, "no 'model_type'"),
    ({"model_type": "gpt2"}, "type 'gpt2' can't be told"),
    ({"model_type": "x" * 900}, "can't be told"),
    ({**LLAMA, "model_type": "mixtral", "num_local_experts": 8}, "mixture of experts"),
    ({**LLAMA, "model_type": "qwen3_moe"}, "mixture of experts"),
    ({**LLAMA, "n_routed_experts": 64}, "mixture of experts"),
    ({"model_type": "gemma3"}, "no 'text_config'"),
    ({"model_type": "gemma3", "text_config": [1]}, "no 'text_config'"),
    ({"model_type": "llama"}, "no 'hidden_size'"),
    ({**LLAMA, "vocab_size": None}, "no 'vocab_size'"),
    ({**LLAMA, "hidden_size": -64}, "'hidden_size' is -64"),
    ({**LLAMA, "hidden_size": 64.0}, "'hidden_size' is 64.0"),
    ({**LLAMA, "hidden_size": "64"}, "'hidden_size' is '64'"),
    ({**LLAMA, "hidden_size": True}, "'hidden_size' is true"),
    ({**LLAMA, "hidden_size": [64]}, "'hidden_size' is a list"),
    ({**LLAMA, "num_hidden_layers": 10**400}, "a number out of range"),
    ({**LLAMA, "vocab_size": 2**40}, "'vocab_size' is 1099511627776"),
    ({**LLAMA, "hidden_size": 65}, "can't be divided among 4 heads"),
    ({**LLAMA, "num_key_value_heads": 3}, "can't share 3 heads"),
    ({**LLAMA, "tie_word_embeddings": "yes"}, "'tie_word_embeddings' is 'yes'"),
]


@pytest.mark.parametrize(("config", "reason"), REFUSED)
def test_a_config_that_does_not_tell_the_sizes_is_refused_in_one_sentence(
    config: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UnknownSizes) as refused:
        dims_from_config(config)
    assert reason in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "text", ["", "[1]", "not JSON", '{"a": ' * 5000, '{"x": NaN}', '{"x": "' + "y" * 2**20 + '"}']
)
def test_a_text_that_is_no_object_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(DocumentError):
        dims_from_config(text)
    with pytest.raises(DocumentError):
        dims_from_config(text.encode())


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(
    family=st.sampled_from([*dict.fromkeys(row[0] for row in COUNTED), "gemma3"]), data=st.data()
)
def test_no_value_of_any_key_ends_in_anything_but_sizes_or_a_sentence(
    family: str, data: st.DataObject
) -> None:
    keys = st.sampled_from([*TINY, "head_dim", "tie_word_embeddings", "use_bias", "text_config"])
    changes = data.draw(st.dictionaries(keys, anything, max_size=3))
    try:
        read = dims_from_config({"model_type": family, **TINY, **changes})
    except UnknownSizes:
        return
    assert read.parameters > read.linear > 0
