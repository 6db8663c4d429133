//! Job files: what people write, what it means, and what is wrong with it.
