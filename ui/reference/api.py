"""The REST API as a page to read: read off the description that the server itself hands out."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import streamlit as st

from core.document import write
from ui import places
from ui.frame.heading import heading
from ui.services import base_path, services
from ui.text import plain

if TYPE_CHECKING:
    from core.api.reference import Operation

_GROUPS: Final = {
    "judging": ("Without an account", "Checking, deriving and comparing keep nothing."),
    "configs": ("Your configs", "Each of these needs a token, and reaches what is yours only."),
    "sharing": ("Links", "Read-only links for people without an account."),
}
_COLOURS: Final = {"GET": "blue", "POST": "green", "PUT": "orange", "DELETE": "red"}
_LOCAL: Final = (
    "Send a token in the header `Authorization: Bearer …`. The command "
    "`python -m core login {server}` stores one for the command line."
)
_SUPABASE: Final = (
    "Send the access token of your Supabase account in the header `Authorization: Bearer …`; it "
    "lasts as long as the project says, mostly an hour."
)


def api_page() -> None:
    """Draw how to begin, and one expander an operation."""
    # FastAPI, which the description comes from, takes a moment to import.
    from core.api.reference import operations

    server, found = _server(), operations()
    with st.container(key="api", width=900, gap="small"):
        _beginning(server)
        for group, (title, text) in _GROUPS.items():
            st.markdown(f"#### {title}")
            st.caption(text)
            with st.container(gap="xsmall"):
                for operation in found:
                    if operation.group == group:
                        _operation(operation, server)


def _beginning(server: str) -> None:
    with heading("API", "for scripts"):
        pass
    st.markdown(
        "What the pages do, for scripts: the same rules, the same library, the same report. "
        "Whatever goes wrong is a problem document (RFC 9457), whose `code` never changes."
    )
    if services().access_tokens is None:
        st.markdown(_SUPABASE)
    else:
        st.markdown(_LOCAL.format(server=server))
        st.page_link(places.ACCOUNT, label="Make a token", icon=":material/key:")
    address = f"{server}/api/training"
    ask = f'curl {address} -H "Authorization: Bearer $TUNESMITH_TOKEN"'
    st.code(f"export TUNESMITH_TOKEN=…\n{ask}", language="bash", wrap_lines=True)
    st.link_button(
        "OpenAPI description",
        f"{address}/openapi.json",
        icon=":material/data_object:",
        help="For tools that make a client or try requests.",
    )


def _operation(operation: "Operation", server: str) -> None:
    from core.api.reference import ACCOUNT, values_table

    badge = f":{_COLOURS[operation.method]}-badge[{operation.method}]"
    label = f"{badge} `{operation.path}` {plain(operation.title)}"
    with st.expander(label, key=f"api.{operation.method}{operation.path}"):
        st.markdown(operation.text)
        st.caption(ACCOUNT[operation.account])
        command = operation.command(server)
        st.code(command, language="bash", wrap_lines=True)
        if operation.values:
            st.markdown(values_table(operation))
        if operation.example is not None:
            with st.container(gap="xxsmall"):
                in_file = "@body.json" in command
                st.markdown("What `body.json` can hold" if in_file else "Example of a body")
                st.code(write(operation.example), language="json")
        st.markdown(_answers_table(operation))


def _answers_table(operation: "Operation") -> str:
    lines = ["| Answer | When |", "|:--|:--|"]
    lines += [f"| {status} | {plain(text)} |" for status, text in operation.answers.items()]
    return "\n".join(lines)


def _server() -> str:
    """The address of this server, as the browser has it."""
    url = st.context.url
    parts = urlsplit(url if isinstance(url, str) else "")
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "http://localhost:8501"
    return origin + base_path()
