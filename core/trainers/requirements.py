"""The libraries that a trainer needs to run a config, as a requirements file for pip."""

from dataclasses import dataclass
from typing import Final

from core import trainers
from core.document import Document
from core.findings import Finding
from core.reading.target import CPU, GPU, Setting, Target
from core.reading.view import View
from core.trainers.facts import Facts

_BITSANDBYTES: Final = "bitsandbytes"


@dataclass(frozen=True, slots=True)
class Requirements:
    """What to install for a config.

    Attributes:
        lines: what pip reads, a package a line.
        text: the same as a file, with what it is for.
        blockers: why the run would end with these libraries all the same, where others or another
            machine would get it further; empty where nothing is wrong with the environment.
    """

    lines: tuple[str, ...]
    text: str
    blockers: tuple[Finding, ...]


def requirements(document: Document, target: Target) -> Requirements:
    """What to install to run a config with a trainer on a machine.

    Raises:
        UnknownTarget: the target's trainer, environment or machine is not there.
    """
    setting = trainers.setting(target)
    trainer = trainers.get(target.trainer)
    view = View(document, setting.profile)
    others = (line for line, needed in trainer.imports if needed(view))
    lines = (*_pinned(setting, view), *others)
    return Requirements(lines, _file(setting, lines), _environmental(document, target))


def _pinned(setting: Setting, view: View) -> tuple[str, ...]:
    needed = needs_bitsandbytes(view)
    lines = setting.libraries.requirements
    return tuple(line for line in lines if needed or not line.startswith(_BITSANDBYTES))


def needs_bitsandbytes(view: View) -> bool:
    """Whether the run loads in 4 bits (trainer.py:116) or has an optimizer of that library."""
    name = view.text("training.optim") or ""
    optimizer = view.is_dpo and name.startswith(_OWN_OPTIMIZERS)
    return view.uses_lora or optimizer or (view.is_dpo and name.endswith(("_8bit", "_32bit")))


# transformers trainer.py, get_optimizer_cls_and_kwargs: what bitsandbytes makes.
_OWN_OPTIMIZERS: Final = ("paged_", "lion_", "rmsprop_bnb", "ademamix", "adamw_bnb")


def _file(setting: Setting, lines: tuple[str, ...]) -> str:
    trainer = trainers.get(setting.target.trainer)
    about = [
        f"# {trainer.title} ({trainer.source}), {setting.target.environment} libraries, "
        f"{_where(setting)}.",
        "# Written by Tunesmith: pip install -r this file.",
    ]
    if setting.machine == CPU:
        # Without this pip takes the build for CUDA, some gigabytes more.
        about.append("--extra-index-url https://download.pytorch.org/whl/cpu")
    return "\n".join([*about, *lines]) + "\n"


def _environmental(document: Document, target: Target) -> tuple[Finding, ...]:
    """The blockers that the default environment and machine do not have."""
    usual = Target(trainer=target.trainer)
    if target == usual:
        return ()
    here, default = (
        trainers.judge(Facts(document, trainers.setting(one))).blockers for one in (target, usual)
    )
    known = {(blocker.rule, blocker.path) for blocker in default}
    return tuple(one for one in here if (one.rule, one.path) not in known)


def _where(setting: Setting) -> str:
    return "one recent GPU" if setting.machine == GPU else setting.machine.title
