"""RFC 6902 patches on documents."""

from core.document import Document
from core.errors import PathError
from core.findings import Patch


def apply(document: Document, patch: Patch) -> Document:
    """A patched copy of the document; the document itself stays as it is.

    Raises:
        PathError: an operation names a place that the document does not have.
    """
    # Imported here: most sessions never apply a patch.
    from jsonpatch import JsonPatch, JsonPatchException
    from jsonpointer import JsonPointerException

    try:
        changed: Document = JsonPatch([dict(operation) for operation in patch]).apply(document)
    except (JsonPatchException, JsonPointerException) as error:
        raise PathError(f"This change does not fit the config: {error}.") from None
    return changed
