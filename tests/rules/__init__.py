"""The rules of supervision, the tests that show each of them, and the mutants that each of those tests must notice."""
