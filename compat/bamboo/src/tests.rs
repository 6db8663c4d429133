//! What the API answers.
