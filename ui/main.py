"""The script that the server runs for each session: navigation over the pages, nothing else."""

from pathlib import Path

import streamlit as st

from ui import icons, who

ROOT = Path(__file__).resolve().parent.parent

st.set_page_config(
    page_title="Tunesmith",
    # For an icon of Streamlit's own the browser would ask Google.
    page_icon=icons.tab(),
    layout="wide",
    initial_sidebar_state="auto",
)
# The name beside it stands in style.css, in the color of the text.
st.logo(icons.logo())
page = st.navigation(
    [
        st.Page(ROOT / "pages" / "build.py", title="Build", default=True),
        st.Page(ROOT / "pages" / "library.py", title="Library"),
        st.Page(ROOT / "pages" / "compare.py", title="Compare"),
        st.Page(ROOT / "pages" / "sweep.py", title="Sweep"),
        st.Page(ROOT / "pages" / "reference.py", title="Reference"),
        # The API itself answers at /api.
        st.Page(ROOT / "pages" / "api.py", title="API", url_path="rest"),
        st.Page(ROOT / "pages" / "account.py", title=who.label()),
        # Only links lead there.
        st.Page(ROOT / "pages" / "shared.py", title="Shared", visibility="hidden"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title.partition(' · ')[0]} - Tunesmith")
page.run()
