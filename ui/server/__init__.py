"""What the server answers beside the pages, and which of its sessions are open."""
