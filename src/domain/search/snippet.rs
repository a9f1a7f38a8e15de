//! The part of a text that shows why it was found.

use std::ops::Range;

use crate::domain::text::is_space;

/// Characters of a snippet, about.
pub const SNIPPET_CHARS: usize = 160;

/// Characters before the first place, about.
const BEFORE: usize = 40;

/// Part of a text, in one line. It is what somebody wrote: whoever shows it escapes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    pub text: String,
    /// The bytes of `text` that were looked for: in order, apart from each other, never through a character.
    pub marks: Vec<Range<usize>>,
    /// Whether the text has more before it.
    pub begins_later: bool,
    /// Whether the text goes on after it.
    pub goes_on: bool,
}

impl Snippet {
    /// The part of `text` around the first of `places`, which are in order and apart from each other.
    #[must_use]
    pub fn around(text: &str, places: &[Range<usize>]) -> Self {
        let first = places.first().map_or(0, |place| place.start);
        let start = start_before(text, first);
        let mut snippet = Self { begins_later: !text[..start].trim_matches(is_space).is_empty(), ..Self::default() };
        // For each place: where it begins and ends in the snippet.
        let mut open: Option<usize> = None;
        let mut rest = places.iter().peekable();
        let mut chars = 0;
        for (at, c) in text[start..].char_indices().map(|(at, c)| (start + at, c)) {
            if open.is_some() && rest.peek().is_some_and(|place| place.end <= at) {
                snippet.close(&mut open);
                rest.next();
            }
            if chars >= SNIPPET_CHARS {
                snippet.goes_on = !text[at..].trim_matches(is_space).is_empty();
                break;
            }
            if open.is_none() && rest.peek().is_some_and(|place| place.contains(&at)) {
                open = Some(snippet.text.len());
            }
            let is_blank = is_space(c) || c.is_control();
            if is_blank && (snippet.text.is_empty() || snippet.text.ends_with(' ')) {
                continue;
            }
            snippet.text.push(if is_blank { ' ' } else { c });
            chars += 1;
        }
        snippet.close(&mut open);
        let end = snippet.text.trim_end_matches(' ').len();
        snippet.text.truncate(end);
        // What was cut off in the middle of a row of words may end with the blank that goes.
        if let Some(last) = snippet.marks.last_mut() {
            last.end = last.end.min(end);
        }
        snippet
    }

    fn close(&mut self, open: &mut Option<usize>) {
        if let Some(from) = open.take() {
            self.marks.push(from..self.text.len());
        }
    }
}

/// Where to begin so that `first` comes soon: at the beginning of a word, if one is near.
fn start_before(text: &str, first: usize) -> usize {
    let mut before = text[..first].char_indices().rev();
    let Some((far, _)) = before.nth(BEFORE - 1) else { return 0 };
    text[far..first].find(is_space).map_or(far, |space| far + space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::search::Query;

    fn marked(given: &str, text: &str) -> String {
        let query = Query::parse(given).expect("a query");
        let snippet = Snippet::around(text, &query.find(text).places());
        let mut shown = snippet.text.clone();
        for mark in snippet.marks.iter().rev() {
            shown.insert(mark.end, ']');
            shown.insert(mark.start, '[');
        }
        let dots = |more: bool| if more { "…" } else { "" };
        format!("{}{shown}{}", dots(snippet.begins_later), dots(snippet.goes_on))
    }

    #[test]
    fn a_short_text_is_shown_whole_in_one_line() {
        assert_eq!(marked("order late", "My order,\r\n\r\n  the Late\tone "), "My [order], the [Late] one");
        assert_eq!(marked("\"is late\"", "It  is\nlate!"), "It [is late]!");
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_place() {
        let text = format!("{} needle {}", "before it ".repeat(50), "after it ".repeat(50));
        let shown = marked("needle", &text);
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.contains("before it [needle] after it"), "{shown}");
        assert!((SNIPPET_CHARS - 20..SNIPPET_CHARS + 10).contains(&shown.chars().count()), "{shown}");
    }

    #[test]
    fn a_row_of_words_that_is_longer_than_the_snippet_is_marked_to_its_end() {
        let row = "a ".repeat(SNIPPET_CHARS);
        let shown = marked(&format!("\"{}\"", "a ".repeat(90)), &row);
        assert_eq!(shown, format!("[{}]…", row[..SNIPPET_CHARS].trim_end()));
    }

    #[test]
    fn characters_stay_whole() {
        let text = format!("{}é{}", "ü".repeat(300), "ß".repeat(300));
        marked("é", &text);
        assert_eq!(marked("东", "在东边"), "在[东]边");
    }
}
