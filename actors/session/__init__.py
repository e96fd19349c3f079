"""The session: outbox and admission gate, receipts, the actor that owns one user's stream."""
