"""``check`` in the forms that hold several files in one document."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core import VERSION
from core.document import write
from core.output.checked import Checked
from core.output.junit import junit
from core.output.sarif import sarif
from core.reading.target import Target


def together(form: str, files: Sequence[Checked], target: Target, *, strict: bool) -> str:
    """What was checked as ``sarif`` or as ``junit``."""
    if form == "junit":
        return junit(files, datetime.now(UTC), strict=strict)
    return write(sarif(files, VERSION, target))
