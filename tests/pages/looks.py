"""What the tests of pages look for on one."""

from typing import Any

from streamlit.testing.v1 import AppTest


def labelled(elements: Any, label: str) -> Any:
    found = [element for element in elements if element.label == label]
    assert found, f"no {label!r} among {[element.label for element in elements]}"
    return found[0]


def button(app: AppTest, label: str) -> Any:
    return labelled(app.button, label)


def do(interaction: Any) -> None:
    # The second run draws what the first, of the fragments that changed, left alone.
    interaction.run().run()


def shown(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.toast]
    return "\n".join(element.value for element in parts)


def draft(app: AppTest) -> Any:
    return app.session_state["tunesmith.desk"].history.present
