"""OTP's own supervisor and ours, driven by the same generated traces and compared step by step."""
