import json
from pathlib import Path

import pytest

from core import models

SIZES = Path(models.__file__).parent / "data" / "model_dims.json"

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
