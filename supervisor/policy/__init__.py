"""What shall happen: budgets, backoff, directives, policies and child specifications, as values."""
