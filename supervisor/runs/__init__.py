"""Runs of the host's agent: the scope that can not be swallowed, tools, and the actor that carries a run."""
