//! What somebody probably meant who wrote a word that nobody knows.

/// Longer words are not compared.
const CHARS_MOST: usize = 64;

/// The known word that differs least from `word`, if it differs little enough to be meant.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(CHARS_MOST + 1).flat_map(char::to_lowercase).collect();
    if word.is_empty() || word.len() > CHARS_MOST {
        return None;
    }
    let allowed = (word.len() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out, changed or swapped with their neighbour.
fn distance(word: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().take(CHARS_MOST).flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=candidate.len()).collect();
    for (i, a) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in candidate.iter().enumerate() {
            // A hyphen, an underscore and a space are the same mistake.
            let is_same = a == b || (is_joint(*a) && is_joint(*b));
            let mut cost = (above[j] + usize::from(!is_same)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && word[i - 1] == *b && candidate[j - 1] == *a {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[candidate.len()]
}

fn is_joint(c: char) -> bool {
    matches!(c, '-' | '_' | ' ')
}
