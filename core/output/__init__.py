"""Reports, comparisons and catalogs as they leave the program: text, JSON, SARIF, JUnit."""
