"""The app in a process that can be asked what lives in it; started by ``sessions.py``.

    python -m benchmarks.watched PORT [options of "streamlit run"]

Whoever connects to PORT gets a JSON object with the number of living objects of some classes, and
the connection is closed. What was sent before decides whether garbage is collected first.
"""

import gc
import json
import socketserver
import sys
import threading
from collections import Counter
from typing import Final

from streamlit.web.cli import main

# What belongs to one session: Streamlit's own objects, then ours.
CLASSES: Final = ("AppSession", "ScriptRunner", "SessionState", "Desk", "History", "Insight")


class Watch(socketserver.StreamRequestHandler):
    """Answers one question."""

    def handle(self) -> None:
        """Count, after a collection of garbage if that is asked for."""
        if self.rfile.readline().strip() == b"collect":
            gc.collect()
        names = Counter(type(thing).__name__ for thing in gc.get_objects())
        self.wfile.write(json.dumps({name: names[name] for name in CLASSES}).encode())


if __name__ == "__main__":
    server = socketserver.TCPServer(("localhost", int(sys.argv[1])), Watch)
    threading.Thread(target=server.serve_forever, name="watch", daemon=True).start()
    sys.argv = ["streamlit", "run", *sys.argv[2:]]
    main()
