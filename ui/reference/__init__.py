"""The pages to read: the settings, and the REST API."""
