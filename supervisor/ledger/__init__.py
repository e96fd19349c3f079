"""The record of failures: entries, the failure dict, redaction, fingerprints, log lines."""
