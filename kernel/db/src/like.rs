//! Patterns for `like`.

/// A pattern for `lower(x) like $1 escape '\'`: `text` in lower case with the signs of `like` taken literally, between what may stand
/// before and after it (`%`, or nothing).
pub fn like(before: &str, text: &str, after: &str) -> String {
    let mut pattern = String::from(before);
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push_str(after);
    pattern
}

#[cfg(test)]
#[test]
fn the_signs_of_like_stand_for_themselves() {
    assert_eq!(like("%", "50% of A_B\\", "%"), "%50\\% of a\\_b\\\\%");
    assert_eq!(like("", "Zürich", "%"), "zürich%");
}
