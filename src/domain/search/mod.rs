//! What is a word to the search, what a query asks for, and how well a text answers it. All of it is decided here, and the
//! databases only look up words: so every one of them finds the same.

mod query;
mod snippet;

use std::ops::Range;

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

pub use query::{Occurrences, QUERY_MAX_CHARS, Query, Wanted};
pub use snippet::{SNIPPET_CHARS, Snippet};

/// A text can be found by its first so many characters.
pub const SEARCHED_CHARS: usize = 20_000;

/// Of a longer word, only the beginning counts.
const WORD_MAX_CHARS: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word without case and accents: letters and digits, nothing else.
    pub folded: String,
    /// Its bytes in the text.
    pub at: Range<usize>,
}

/// The words of the text's first [`SEARCHED_CHARS`] characters. Where a script puts no spaces between words, each character
/// is one.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut word = Unfinished::default();
    for (start, c) in text.char_indices().take(SEARCHED_CHARS) {
        let at = start..start + c.len_utf8();
        if c.is_ascii() {
            word.add(c.to_ascii_lowercase(), &at, &mut found);
        } else {
            for folded in c.nfkd().default_case_fold() {
                word.add(folded, &at, &mut found);
            }
        }
    }
    word.finish(&mut found);
    found
}

/// The word that is being read.
#[derive(Default)]
struct Unfinished {
    folded: String,
    chars: usize,
    at: Range<usize>,
}

impl Unfinished {
    fn add(&mut self, c: char, at: &Range<usize>, found: &mut Vec<Word>) {
        if stands_alone(c) {
            self.finish(found);
            found.push(Word { folded: c.to_string(), at: at.clone() });
        } else if c.is_alphanumeric() {
            if self.chars == 0 {
                self.at.start = at.start;
            }
            self.at.end = at.end;
            if self.chars < WORD_MAX_CHARS {
                self.folded.push(c);
            }
            self.chars += 1;
        } else if !is_combining_mark(c) {
            self.finish(found);
        } else if self.chars > 0 {
            // An accent goes, but it belongs to what it stands on.
            self.at.end = at.end;
        }
    }

    fn finish(&mut self, found: &mut Vec<Word>) {
        if self.chars > 0 {
            found.push(Word { folded: std::mem::take(&mut self.folded), at: self.at.clone() });
            self.chars = 0;
        }
    }
}

/// Whether the character is of a script that puts no spaces between words: Thai, Lao, Burmese, Khmer, kana, Han.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
        && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_are_letters_and_digits_without_case_and_accents() {
        assert_eq!(folded("The CAFÉ's crème-brûlée, №7!"), ["the", "cafe", "s", "creme", "brulee", "no7"]);
        assert_eq!(folded("Straße STRASSE straße"), ["strasse", "strasse", "strasse"]);
        assert_eq!(folded("e\u{301}te\u{301}"), ["ete"]);
        assert_eq!(folded("\0 \u{301} -- \"'\\"), [""; 0]);
    }

    #[test]
    fn a_word_knows_where_it_is_though_it_is_longer_or_shorter_folded() {
        let text = "¡Straße! e\u{301}té";
        let found = words(text);
        assert_eq!(&text[found[0].at.clone()], "Straße");
        assert_eq!(&text[found[1].at.clone()], "e\u{301}té");
    }

    #[test]
    fn scripts_without_spaces_are_words_of_one_character() {
        assert_eq!(folded("東京 tower"), ["東", "京", "tower"]);
    }

    #[test]
    fn long_words_and_long_texts_are_cut() {
        assert_eq!(folded(&"x".repeat(1000)), ["x".repeat(WORD_MAX_CHARS)]);
        assert_eq!(words(&"x ".repeat(SEARCHED_CHARS)).len(), SEARCHED_CHARS / 2);
    }
}
