"""What can be done to several selected configs at once."""

from collections.abc import Iterable, Sequence

import streamlit as st

from core.comparing.sources import Origin
from core.stores.protocol import Summary
from core.workbench import Workbench
from ui.differences import address
from ui.differences.address import View
from ui.library.preview import delete, tags, used
from ui.text import count, plain, value_text


def several(bench: Workbench, rows: Sequence[Summary], known_tags: Iterable[str]) -> None:
    """Draw the panel; the known tags are those that the user has given to any config."""
    ids = [row.id for row in rows]
    st.markdown(f"**{count(len(rows), 'config')} selected**")
    names = ", ".join(plain(value_text(row.name, 40)) for row in rows[:8])
    st.caption(names + (f" and {len(rows) - 8} more" if rows[8:] else ""))
    with st.container(horizontal=True, gap="xsmall", key="actions"):
        st.button(
            "Compare",
            key="compare",
            type="primary",
            help="Shows them side by side.",
            on_click=address.go,
            args=(View(tuple(Origin("config", one) for one in ids)),),
        )
        st.download_button(
            "Download ZIP",
            data=bench.zip(ids),
            file_name="tunesmith-configs.zip",
            mime="application/zip",
            key="download_zip",
            on_click=used,
            args=(ids,),
        )
        st.button(
            "Delete", key="delete", on_click=delete, args=({row.id: row.name for row in rows},)
        )
    shared = set.intersection(*(set(row.tags) for row in rows))
    tags(ids, sorted(shared), known_tags)
