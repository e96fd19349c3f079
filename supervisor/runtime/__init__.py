"""The runtime: the tree of a host, its gateway, its server, its signals and its audit."""
