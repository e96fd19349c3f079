"""An agent host: ask questions about a folder of text and Markdown files, and break it while it answers."""
