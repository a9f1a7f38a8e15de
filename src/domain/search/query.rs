//! What somebody looks for.

use std::cmp::Reverse;
use std::ops::Range;

use super::{Word, words};
use crate::domain::{Checked, Problem};

/// The longest query, in code points.
pub const QUERY_MAX_CHARS: usize = 200;

/// Words that are looked up, at the most; whether a text has the others too is seen when it is read.
const LOOKED_UP_MAX: usize = 8;

/// A word that somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// As [`Word::folded`].
    pub folded: String,
    /// Whether a word that begins with it will do.
    pub is_prefix: bool,
}

impl Wanted {
    fn fits(&self, word: &Word) -> bool {
        if self.is_prefix { word.folded.starts_with(&self.folded) } else { word.folded == self.folded }
    }
}

/// What somebody looks for: words in a row, of one or more words each. A text must have all of them.
///
/// What stands between double quotes is words in a row, and so is what has no space in it, such as `a@b.example`. The word
/// at the very end may go on: it fits longer words too. Nothing else in it means anything but itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    rows: Vec<Vec<Wanted>>,
}

/// Where a text has what was looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// For each row of the query, in order: where it is first, how often it is there, and whether it is there as it stands,
    /// not as the beginning of a longer word.
    rows: Vec<Option<Occurrence>>,
    /// Whether the query is in the text as a whole, in its own order.
    in_a_row: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Occurrence {
    places: Vec<Range<usize>>,
    is_exact: bool,
}

impl Query {
    /// Reads what somebody typed.
    ///
    /// # Errors
    /// [`Problem::TooLong`].
    pub fn parse(given: &str) -> Checked<Self> {
        if given.chars().count() > QUERY_MAX_CHARS {
            return Err(vec![Problem::TooLong(QUERY_MAX_CHARS)]);
        }
        let mut rows = Vec::new();
        for (number, part) in given.split('"').enumerate() {
            let is_quoted = number % 2 == 1;
            let chunks: Vec<&str> =
                if is_quoted { vec![part] } else { part.split(|c: char| c.is_whitespace()).collect() };
            rows.extend(chunks.into_iter().map(wanted).filter(|row| !row.is_empty()));
        }
        // One letter begins too many words.
        if let Some(last) = rows.last_mut().and_then(|row| row.last_mut())
            && words(given).last().is_some_and(|word| word.at.end == given.len())
        {
            last.is_prefix = last.folded.chars().nth(1).is_some();
        }
        Ok(Self { rows })
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The words by which to look up texts: the longest, which are the rarest most often.
    #[must_use]
    pub fn looked_up(&self) -> Vec<&Wanted> {
        let mut all: Vec<&Wanted> = self.rows.iter().flatten().collect();
        all.sort_by_key(|wanted| (Reverse(wanted.folded.len()), &wanted.folded, wanted.is_prefix));
        all.dedup();
        all.truncate(LOOKED_UP_MAX);
        all
    }

    /// Where the text has what is looked for.
    #[must_use]
    pub fn find(&self, text: &str) -> Occurrences {
        let words = words(text);
        let whole: Vec<&Wanted> = self.rows.iter().flatten().collect();
        Occurrences {
            rows: self.rows.iter().map(|row| occurrence(row, &words)).collect(),
            in_a_row: self.rows.len() > 1 && words.windows(whole.len()).any(|words| fit(whole.iter().copied(), words)),
        }
    }

    /// How well texts that belong together answer the query, the first one having most weight; `None` if something that is
    /// looked for is in none of them.
    ///
    /// Since all that are compared have every word, how rare the words are tells nothing. So what counts is where they are,
    /// whether as they stand, in their order, and, a little, how often.
    #[must_use]
    pub fn score(&self, texts: &[(&Occurrences, u32)]) -> Option<u32> {
        let mut score = 0;
        for number in 0..self.rows.len() {
            let of_text = |(found, weight): &(&Occurrences, u32)| {
                let occurrence = found.rows.get(number)?.as_ref()?;
                let often = u32::try_from(occurrence.places.len().min(3)).unwrap_or_default();
                Some(weight * (if occurrence.is_exact { 6 } else { 4 }) + often - 1)
            };
            score += texts.iter().filter_map(of_text).max()?;
        }
        let in_a_row = texts.iter().filter(|(found, _)| found.in_a_row).map(|(_, weight)| 6 * weight).max();
        Some(score + in_a_row.unwrap_or_default())
    }
}

impl Occurrences {
    /// How many rows of the query the text has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.iter().flatten().count()
    }

    /// The bytes of the text that were looked for, in order.
    #[must_use]
    pub fn places(&self) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> =
            self.rows.iter().flatten().flat_map(|occurrence| occurrence.places.iter().cloned()).collect();
        places.sort_by_key(|place| (place.start, Reverse(place.end)));
        // Of those that overlap, the first.
        let mut end = 0;
        places.retain(|place| {
            let is_free = place.start >= end;
            end = if is_free { place.end } else { end };
            is_free
        });
        places
    }
}

fn wanted(chunk: &str) -> Vec<Wanted> {
    words(chunk).into_iter().map(|word| Wanted { folded: word.folded, is_prefix: false }).collect()
}

fn fit<'a>(row: impl IntoIterator<Item = &'a Wanted>, words: &[Word]) -> bool {
    row.into_iter().zip(words).all(|(wanted, word)| wanted.fits(word))
}

fn occurrence(row: &[Wanted], words: &[Word]) -> Option<Occurrence> {
    let mut found = Occurrence { places: Vec::new(), is_exact: false };
    for words in words.windows(row.len()).filter(|words| fit(row, words)) {
        found.places.push(words[0].at.start..words[words.len() - 1].at.end);
        found.is_exact |= row.iter().zip(words).all(|(wanted, word)| wanted.folded == word.folded);
    }
    (!found.places.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(given: &str) -> Query {
        Query::parse(given).expect("it is short enough")
    }

    fn finds(given: &str, text: &str) -> bool {
        let query = query(given);
        let found = query.find(text);
        query.score(&[(&found, 1)]).is_some()
    }

    #[test]
    fn all_words_must_be_there_in_any_order() {
        assert!(finds("late order ", "My ORDER is láte"));
        assert!(!finds("late invoice ", "My order is late"));
    }

    #[test]
    fn the_word_at_the_end_may_go_on_until_a_space_ends_it() {
        assert!(finds("inv", "the invoice"));
        assert!(!finds("inv ", "the invoice"));
        assert!(!finds("i", "the invoice"));
        assert!(!finds("inv the", "the invoice"));
        assert!(finds("\"the inv", "the invoice"));
        assert!(!finds("\"the inv\"", "the invoice"));
    }

    #[test]
    fn what_is_quoted_or_without_spaces_is_in_a_row() {
        assert!(finds("\"not arrived\" order ", "order has not arrived"));
        assert!(!finds("\"arrived not\"", "order has not arrived"));
        assert!(finds("ann@customer.example", "mail Ann@Customer.Example today"));
        assert!(!finds("ann@customer.example", "Ann, an example customer"));
        assert!(finds("東京", "これは東京です"));
        assert!(!finds("京東", "これは東京です"));
    }

    #[test]
    fn operators_are_words_or_nothing() {
        assert!(finds("this AND that ", "this and that"));
        assert!(!finds("this AND that ", "this, that"));
        assert!(!finds("this OR that ", "this"));
        assert!(finds("-this * (that) ^:NEAR/2 ", "this that near 2"));
        assert!(query("").is_empty() && query("\"\" - * \0 ()").is_empty());
    }

    #[test]
    fn the_better_match_has_the_higher_score() {
        let score = |given: &str, subject: &str, comment: &str| {
            let query = query(given);
            query.score(&[(&query.find(subject), 3), (&query.find(comment), 1)])
        };
        let order = [
            score("late order", "Late order", "It is."),
            score("late order", "Order late", "It is."),
            score("late order", "Order", "It is late."),
            score("late order", "Hello", "A late order."),
            score("late order", "Hello", "An order that is late."),
            score("late order", "Hello", "Orders that are late."),
        ];
        assert!(order.windows(2).all(|pair| pair[0] > pair[1]), "{order:?}");
        assert_eq!(score("late order", "Hello", "An order."), None);
    }

    #[test]
    fn a_long_query_is_refused() {
        assert!(Query::parse(&"é".repeat(QUERY_MAX_CHARS)).is_ok());
        assert_eq!(Query::parse(&"é".repeat(QUERY_MAX_CHARS + 1)), Err(vec![Problem::TooLong(QUERY_MAX_CHARS)]));
        assert!(query(&"東".repeat(20)).looked_up().len() == 1);
        assert!(query("a b c d e f g h i j k").looked_up().len() == LOOKED_UP_MAX);
    }
}
