"""From one document to another: patches, differences, and edits of a text."""
