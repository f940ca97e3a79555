"""The compare page, and the table of configs side by side that other pages draw too."""
