from core import presets
from core.estimates.fitting import cheapest_changes
from core.estimates.memory import estimate
from core.output.memory import changes_text, memory_text, verdict_text
from core.reading.model_config import dims_from_config
from core.reading.target import GPU, machine
from core.reading.view import View

TEXT = """\
Qwen/Qwen3-0.6B  worst case  likely              sizes known here
4-bit weights    0.21 GiB    0.21 GiB  verified  \
440401920 weights × 0.51587 B + 196 matrices × 1088 B = 0.21 GiB
other weights    0.58 GiB    0.58 GiB  verified  \
155648000 weights outside the layers' matrices × 4 B = 0.58 GiB
adapters         9 MiB       9 MiB     verified  \
28 layers × rank 8 × 10240 = 2293760 weights × 4 B = 9 MiB
gradients        9 MiB       9 MiB     verified  2293760 weights × 4 B = 9 MiB
optimizer        18 MiB      18 MiB    verified  adamw_torch: 2293760 weights × 2 × 4 B = 18 MiB
activations      0.14 GiB    49 MiB    estimate  \
28 layers × 2 × 384 tokens × 1024 × 4 B + one layer: 2 × 384 tokens × \
(40 × 1024 + 6 × 24 heads × 128 + 8 × 3072) B = 0.14 GiB
logits           1.74 GiB    0.59 GiB  verified  768 tokens × 151936 × 16 B = 1.74 GiB
overhead         0.80 GiB    0.80 GiB  estimate  CUDA context and fragmentation: 0.8 GiB
in all           3.51 GiB    2.26 GiB  ± 30%
highest in       training    training            2 × 384 tokens; likely 2 × 130 tokens

NVIDIA T4, 16 GiB: fits.
An estimate for one GPU, good to about 30%; no GPU was there to try it.
Likely: rows made from tools have about 130 tokens at most.
"""


def view(preset: str) -> View:
    return View(presets.find(preset).config)


def test_the_parts_stand_in_a_table() -> None:
    assert memory_text(estimate(view("teacher_mode")), machine("t4")) == TEXT


def test_without_a_size_of_the_gpu_there_is_no_verdict() -> None:
    found = estimate(view("teacher_mode"))
    for where in (None, GPU):
        assert verdict_text(found, where) == ""
        assert "fits" not in memory_text(found, where)


def test_a_name_from_a_config_can_not_write_to_the_terminal() -> None:
    config = {
        "model_type": "llama",
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "vocab_size": 100,
        "max_position_embeddings": 512,
        "_name_or_path": "a\x1b[2Jb",
    }
    text = memory_text(estimate(view("sft_toolbench"), dims_from_config(config)))
    assert "\x1b" not in text
    assert "sizes from its config.json" in text


def test_changes_stand_in_a_table() -> None:
    assert changes_text(cheapest_changes(view("sft_toolbench"), 16)) == (
        "Batch size 1, accumulation 32  6.64 GiB  fits  "
        "An update still takes 32 rows; the run takes longer.\n"
    )
    assert changes_text(()) == ""
