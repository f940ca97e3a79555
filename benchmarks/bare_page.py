"""The peer of ``edit.py``: 35 fields and a derived line, as a tutorial would write it."""

import streamlit as st

st.title("Config")
values = [st.number_input(f"field {number}", value=number) for number in range(35)]
st.write(f"total {sum(values)}")
st.json({f"field {number}": value for number, value in enumerate(values)})
