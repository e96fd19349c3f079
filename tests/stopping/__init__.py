"""Children that can not be stopped in peace: every kind of them, every way, and every occasion to stop them."""
