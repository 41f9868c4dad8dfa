"""The engine, as Rust gives it to Python."""
