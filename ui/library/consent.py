"""The question before a config is saved whose tools run commands on the training machine."""

import streamlit as st

from core.output.text import printable
from core.system.secrets import redact
from ui import session
from ui.draft import saving
from ui.frame.answers import answers
from ui.questions import Consent
from ui.text import count, plain

_AGREED = "consent.agreed"


def dialog_body(question: Consent) -> None:
    """Each command as it would run, and a yes that has to be given by hand."""
    commands = question.commands
    tools = "A tool runs a command" if len(commands) == 1 else f"{count(len(commands), 'tool')} run"
    st.markdown(
        f"{tools} {'' if len(commands) == 1 else 'commands '}**in a shell of the training "
        "machine**, once for each row of training data that is made from it (executor.py:72). "
        "Whoever can change that command can do there what you can."
    )
    for command in commands:
        st.caption(plain(redact(command.tool)) or "a tool without a name")
        # Whole and as it is: what is hidden can't be agreed to.
        st.code(printable(command.text) or "(no command)", language="bash", wrap_lines=True)
    key = session.seeded(_AGREED, False)
    agreed = st.checkbox("I have read it, and it may run where this config is trained.", key=key)
    st.caption("The approval is saved with the version: which command, when, and by whom.")
    with answers():
        st.button(
            "Approve and save",
            key="consent.yes",
            type="primary",
            disabled=not agreed,
            on_click=_agree,
            args=(question,),
        )
        st.button("Cancel", key="consent.no", on_click=_refuse)


def _refuse() -> None:
    session.set_widgets({_AGREED: False})
    session.answered()
    st.rerun()


def _agree(question: Consent) -> None:
    session.set_widgets({_AGREED: False})
    session.answered()
    session.type_in(session.draft().approving(question.commands))
    if question.sweep:
        session.begin_sweep_group(question.sweep)
    elif question.as_copy:
        saving.save_copy(question.name)
    else:
        saving.save()
    st.rerun()
