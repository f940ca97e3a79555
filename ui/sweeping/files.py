"""The ZIP file of a sweep: its download, and what is in it."""

from functools import partial
from typing import Final

import streamlit as st

from core.sweeps.files import files, zip_name, zipped
from core.sweeps.jobs import checkout
from core.sweeps.members import Plan
from ui import session
from ui.text import count

_LANGUAGES: Final = {"json": "json", "md": "markdown", "yaml": "yaml", "txt": "text", "csv": "text"}
_COMMANDS: Final = {
    "Here": "bash setup.sh\nTRAINER_DIR=../trainer bash run.sh",
    "Slurm": "TRAINER_DIR=../trainer sbatch slurm.sbatch",
    "SkyPilot": "sky launch skypilot.yaml",
}
_ABOUT: Final = {
    "Here": "One after the other. The same command goes on after a stop; what is done is passed "
    "over, and what fails stops no other.",
    "Slurm": "A task for each config. The first lines of the script say what your cluster may ask "
    "for besides.",
    "SkyPilot": "All configs on one machine of any cloud you have; with "
    "`--env SWEEP_ONLY=3` one of them.",
}


def download(plan: Plan, at_once: int) -> None:
    """Draw the button that hands out the ZIP file."""
    st.download_button(
        f"Download {count(len(plan.members), 'config')}",
        # Packed at the click, in a thread without a session.
        data=partial(zipped, plan, at_once),
        file_name=zip_name(plan),
        mime="application/zip",
        key="sweep.download",
        icon=":material/folder_zip:",
        type="primary",
        help="A ZIP with the configs, a manifest, the comparison, the libraries, a run script, and "
        "job files for Slurm and SkyPilot.",
        on_click="ignore",
    )


def preview(plan: Plan, at_once: int) -> None:
    """How it is run, and each file of the ZIP to look into."""
    offer = st.expander("Run it, and what is in the ZIP", key="sweep.files", on_change="rerun")
    if not offer.open:
        return
    with offer:
        _run(plan)
        contents = {name: data.decode() for name, data in files(plan, at_once)}
        key = session.seeded("sweep.file", "README.md")
        if session.widget_value(key) not in contents:
            session.set_widgets({key: "README.md"})
        chosen = st.selectbox("File", list(contents), key=key, width=420)
        st.code(contents[chosen], language=_language(chosen), height=420)


def _run(plan: Plan) -> None:
    url, commit = checkout(plan)
    st.markdown(":small[The trainer, once, beside the unpacked folder:]")
    st.code(f"git clone {url} ../trainer && git -C ../trainer checkout {commit}", language="bash")
    for tab, (name, command) in zip(st.tabs(list(_COMMANDS)), _COMMANDS.items(), strict=True):
        with tab:
            st.code(command, language="bash")
            st.caption(_ABOUT[name])


def _language(name: str) -> str:
    return _LANGUAGES.get(name.rpartition(".")[2], "bash")
