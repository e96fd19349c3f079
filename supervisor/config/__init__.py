"""The configuration file: ``stentor.toml`` read into options, limits, policies and children, with one validation."""
