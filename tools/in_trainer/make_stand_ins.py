"""Make tiny random models that stand in for public ones, and a ToolBench file; no network.

Runs with the Python of the trainer's environment: ``python make_stand_ins.py FOLDER``. It writes

    FOLDER/hub/models--ORG--NAME/...    a Hub cache, so that a config keeps the public name
    FOLDER/data/toolbench/...           the file that the trainer would download

What a model stands in for is its family's shape: which layers it has, whether its embedding has
rows to spare, whether its tokenizer has a chat template and a padding token. The order of the
vocabularies is that of the public models too.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    Phi3Config,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

# Wide enough for blocks of 64 weights, in which bitsandbytes quantizes.
SIZES = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 4096,
}
GROUPED = {**SIZES, "num_key_value_heads": 2}
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
REVISION = "0" * 40
TOOLBENCH_ROWS = 1200
TOOLBENCH_FILE = "data/toolbench/data/data/toolllama_G123_dfs_train.json"

CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass(frozen=True)
class StandIn:
    """One shape of model, and the public models that it stands in for."""

    names: tuple[str, ...]
    config: Any
    sizes: dict[str, int]
    vocabulary: int
    spare: int
    chat: bool
    pads: bool


STAND_INS = (
    StandIn(("Qwen/Qwen3-0.6B",), Qwen3Config, {**GROUPED, "head_dim": 32}, 800, 64, True, True),
    StandIn(
        ("meta-llama/Llama-3.2-1B-Instruct", "HuggingFaceTB/SmolLM2-135M-Instruct"),
        LlamaConfig,
        GROUPED,
        600,
        0,
        True,
        False,
    ),
    StandIn(("meta-llama/Llama-3.2-1B",), LlamaConfig, GROUPED, 600, 0, False, False),
    StandIn(
        ("openai-community/gpt2", "microsoft/DialoGPT-small"),
        GPT2Config,
        {"n_embd": 128, "n_layer": 2, "n_head": 4, "n_positions": 4096},
        500,
        0,
        False,
        False,
    ),
    StandIn(("EleutherAI/pythia-70m",), GPTNeoXConfig, SIZES, 500, 20, False, False),
    StandIn(("microsoft/Phi-3.5-mini-instruct",), Phi3Config, SIZES, 400, 64, True, True),
)


def main(folder: Path) -> None:
    """Write everything into a folder."""
    rows = list(toolbench_rows(TOOLBENCH_ROWS))
    file = folder / TOOLBENCH_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(rows), encoding="utf-8")
    texts = [part["value"] for row in rows for part in row["conversations"]]
    for stand_in in STAND_INS:
        make(stand_in, texts, folder / "hub")


def make(stand_in: StandIn, texts: list[str], hub: Path) -> None:
    """Write one model and its tokenizer under each of its names."""
    tokenizer = make_tokenizer(stand_in, texts)
    ids = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": None}
    rows = len(tokenizer) + stand_in.spare
    config = stand_in.config(**stand_in.sizes, vocab_size=rows, **ids)
    model = AutoModelForCausalLM.from_config(config)
    for name in stand_in.names:
        repository = hub / f"models--{name.replace('/', '--')}"
        snapshot = repository / "snapshots" / REVISION
        (repository / "refs").mkdir(parents=True, exist_ok=True)
        (repository / "refs" / "main").write_text(REVISION)
        model.save_pretrained(snapshot)
        tokenizer.save_pretrained(snapshot)


def make_tokenizer(stand_in: StandIn, texts: list[str]) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer that learned its merges from some texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=stand_in.vocabulary, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    # The last ids are those of special tokens, as in the public models.
    missing = stand_in.vocabulary - len(SPECIAL) - tokenizer.get_vocab_size()
    tokenizer.add_tokens([f"<|unused_{number}|>" for number in range(missing)])
    tokenizer.add_special_tokens(list(SPECIAL))
    pad = {"pad_token": SPECIAL[0]} if stand_in.pads else {}
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=SPECIAL[-1], **pad)
    if stand_in.chat:
        made.chat_template = CHAT
    return made


def toolbench_rows(count: int) -> Iterator[dict[str, Any]]:
    """Conversations in the download's form: system, user, and turns of assistant and function."""
    chance = random.Random(0)
    words = ["weather", "city", "price", "list", "search", "result", "api", "key", "the", "a", "of"]
    for index in range(count):
        parts = [("system", "You can use tools."), ("user", sentence(chance, words))]
        for _ in range(chance.randint(1, 3)):
            call = json.dumps({"name": chance.choice(words), "arguments": {}})
            parts += [("assistant", f"Thought: {sentence(chance, words)} Action: {call}")]
            parts += [("function", json.dumps({"response": sentence(chance, words)}))]
        parts.append(("assistant", sentence(chance, words)))
        turns = [{"from": role, "value": text} for role, text in parts]
        yield {"id": f"Step {index}", "conversations": turns}


def sentence(chance: random.Random, words: list[str]) -> str:
    """A few words in no order."""
    return " ".join(chance.choices(words, k=chance.randint(4, 12)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
