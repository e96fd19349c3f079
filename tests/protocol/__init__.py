"""Tests of the ground floor: what is said."""
