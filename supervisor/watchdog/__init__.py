"""The watchdog: a thread that tells when an event loop is blocked, by whom, and in which line."""
