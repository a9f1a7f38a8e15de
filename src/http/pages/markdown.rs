//! What people write, as HTML that is safe to show: rendered as Markdown, then sanitised, whatever came out.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use comrak::nodes::NodeValue;
use comrak::{Arena, Options, format_html, parse_document};

/// Bytes up to which text is rendered. More is shown as it is: nobody writes so much by hand.
const RENDERED_MAX_BYTES: usize = 64 * 1024;

/// What may be in a comment. No pictures, which would tell their server who reads; nothing with a name, an address or a
/// style of its own.
const TAGS: [&str; 20] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "b",
];

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut sanitiser = Builder::empty();
    sanitiser
        .tags(TAGS.into())
        .clean_content_tags(["script", "style"].into())
        .generic_attributes(HashSet::new())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
        .url_schemes(["http", "https", "mailto"].into())
        // A link without a host would lead into the desk.
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"));
    sanitiser
});

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    // People end a line where they mean its end, and mean the HTML that they write to be read.
    options.render.hardbreaks = true;
    options.render.escape = true;
    options
}

/// What a reader of the HTML of `text` would read, in one line of `max_chars` characters at the most. It is no HTML.
pub fn plain(text: &str, max_chars: usize) -> String {
    // No mark takes more than a few characters, so that the rest of a long text is not looked at.
    let begins = text.char_indices().nth(max_chars * 4).map_or(text, |(end, _)| &text[..end]);
    read(begins).chars().take(max_chars).collect()
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// Whether it was looked for.
    pub marked: bool,
}

/// `text`, cut where its `marks` begin and end.
pub fn parts(text: &str, marks: &[Range<usize>]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut start = 0;
    for mark in marks {
        parts.push(Part { text: text[start..mark.start].to_owned(), marked: false });
        parts.push(Part { text: text[mark.clone()].to_owned(), marked: true });
        start = mark.end;
    }
    parts.push(Part { text: text[start..].to_owned(), marked: false });
    parts.retain(|part| !part.text.is_empty());
    parts
}

/// Characters that Unicode gives no meaning, around what is marked while Markdown is read.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// What a reader of the HTML of `text` would read, cut where the marks begin and end. What is marked in an address that a
/// reader does not see goes with it.
pub fn plain_parts(text: &str, marks: &[Range<usize>]) -> Vec<Part> {
    let mut with_marks = String::new();
    for part in parts(text, marks) {
        let said = part.text.replace(MARKS, "");
        with_marks.extend(part.marked.then_some(MARKS[0]));
        with_marks.push_str(&said);
        with_marks.extend(part.marked.then_some(MARKS[1]));
    }
    let read = read(&with_marks);
    let pieces = read.split_inclusive(MARKS).map(|piece| {
        let marked = piece.ends_with(MARKS[1]);
        Part { text: piece.trim_end_matches(MARKS).to_owned(), marked }
    });
    pieces.filter(|part| !part.text.is_empty()).collect()
}

/// All that a reader reads, in one line.
fn read(text: &str) -> String {
    let arena = Arena::new();
    let mut plain = String::new();
    for node in parse_document(&arena, text, &options()).descendants() {
        match &node.data().value {
            NodeValue::Text(said) => plain.push_str(said),
            NodeValue::Code(code) => plain.push_str(&code.literal),
            NodeValue::CodeBlock(code) => {
                plain.push(' ');
                plain.push_str(&code.literal);
            }
            NodeValue::HtmlInline(html) => plain.push_str(html),
            NodeValue::HtmlBlock(html) => {
                plain.push(' ');
                plain.push_str(&html.literal);
            }
            NodeValue::Image(link) if node.first_child().is_none() => plain.push_str(&link.url),
            NodeValue::Emph
            | NodeValue::Strong
            | NodeValue::Strikethrough
            | NodeValue::Link(_)
            | NodeValue::Image(_) => {}
            // All else begins something new.
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The HTML of `text`.
pub fn html(text: &str) -> String {
    if text.len() > RENDERED_MAX_BYTES {
        return format!("<p class=\"plain\">{}</p>", ammonia::clean_text(text));
    }
    let options = options();
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    for node in root.descendants() {
        let value = node.data().value.clone();
        match value {
            // A picture becomes a link to it.
            NodeValue::Image(link) => {
                if node.first_child().is_none() {
                    let label = NodeValue::Text(link.url.clone().into());
                    node.append(arena.alloc(label.into()));
                }
                node.data_mut().value = NodeValue::Link(link);
            }
            // The page's outline is ours.
            NodeValue::Heading(_) => {
                let strong = arena.alloc(NodeValue::Strong.into());
                while let Some(child) = node.first_child() {
                    strong.append(child);
                }
                node.append(strong);
                node.data_mut().value = NodeValue::Paragraph;
            }
            _ => {}
        }
    }
    let mut rendered = String::new();
    if format_html(root, &options, &mut rendered).is_err() {
        return format!("<p class=\"plain\">{}</p>", ammonia::clean_text(text));
    }
    SANITISER.clean(&rendered).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Part, html, parts, plain, plain_parts};

    #[test]
    fn what_people_write_is_shown_as_they_mean_it() {
        assert_eq!(html("one\ntwo"), "<p>one<br>\ntwo</p>\n");
        assert_eq!(html("# Big"), "<p><strong>Big</strong></p>\n");
        assert_eq!(html("5 < 6 & <b>so</b>"), "<p>5 &lt; 6 &amp; &lt;b&gt;so&lt;/b&gt;</p>\n");
        let link = r#"<a href="https://a.example/x" rel="nofollow noopener noreferrer">"#;
        assert_eq!(html("[x](https://a.example/x)"), format!("<p>{link}x</a></p>\n"));
        assert_eq!(html("[x](https://a.example/x \"says something else\")"), format!("<p>{link}x</a></p>\n"));
        assert_eq!(html("![cat](https://a.example/x)"), format!("<p>{link}cat</a></p>\n"));
        assert_eq!(html("![](https://a.example/x)"), format!("<p>{link}https://a.example/x</a></p>\n"));
        assert_eq!(html("[a ![b](https://c.example)](https://d.example)").matches("<script").count(), 0);
    }

    #[test]
    fn the_plain_text_is_what_a_reader_reads() {
        let all = |text: &str| plain(text, 200);
        assert_eq!(all("Since **Monday**:\n\n- `504`\n- _slow_ ~~fast~~\n"), "Since Monday: 504 slow fast");
        assert_eq!(
            all("# Hello\n\nsee [the page](https://a.example) or https://b.example"),
            "Hello see the page or https://b.example"
        );
        assert_eq!(all("![cat](https://a.example/x) ![](https://b.example/y)"), "cat https://b.example/y");
        assert_eq!(all("> quoted\n> more\n\n1. one\n2. two\n\n---\n"), "quoted more one two");
        assert_eq!(all("```\nlet x = 1;\n```\nafter"), "let x = 1; after");
        assert_eq!(all("a|b\n-|-\nc|d"), "a b c d");
        assert_eq!(all("5 < 6 &amp; <b>so</b>\n<script>x</script>"), "5 < 6 & <b>so</b> <script>x</script>");
        assert_eq!(all("snake_case_name 2 * 3 **cut"), "snake_case_name 2 * 3 **cut");
        assert_eq!(all(" \n \u{a0}"), "");
        assert_eq!(plain(&"é".repeat(1000), 5), "ééééé");
        assert_eq!(plain(&"**x** ".repeat(100_000), 7), "x x x x");
    }

    #[test]
    fn marks_stay_where_markdown_goes() {
        let marked = |parts: Vec<Part>| -> String {
            parts.into_iter().map(|part| if part.marked { format!("[{}]", part.text) } else { part.text }).collect()
        };
        let all = |text: &str, words: &[&str]| {
            let marks: Vec<_> = words
                .iter()
                .map(|word| text.find(word).expect("a place"))
                .zip(words)
                .map(|(at, word)| at..at + word.len())
                .collect();
            (marked(parts(text, &marks)), marked(plain_parts(text, &marks)))
        };
        let (literal, plain) = all("Since **Monday**: `504` and _slow_", &["Monday", "504", "slow"]);
        assert_eq!(literal, "Since **[Monday]**: `[504]` and _[slow]_");
        assert_eq!(plain, "Since [Monday]: [504] and [slow]");
        assert_eq!(all("see [the page](https://a.example)", &["page", "example"]).1, "see the [page]");
        assert_eq!(all("**cut in the mid", &["mid"]).1, "**cut in the [mid]");
        assert_eq!(all("half**way** there", &["half"]).1, "[half]way there");
        assert_eq!(all("<script>alert(1)</script>", &["alert"]).1, "<script>[alert](1)</script>");
        assert_eq!(all("a \u{e000}b\u{e001} c", &["c"]).1, "a b [c]");
        assert_eq!(parts("", &[]), []);
    }

    #[test]
    fn nothing_active_comes_through() {
        let payloads = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,<script>alert(1)</script>)",
            "[x](/desk/sign-out)",
            "<javascript:alert(1)>",
            "![x](javascript:alert(1))",
            "[x](vbscript:msgbox)",
            "<svg onload=alert(1)>",
            "[x]: javascript:alert(1)\n\n[x]",
            "```<style>*{}</style>\n<iframe src=//evil>\n```",
        ];
        for payload in payloads {
            let html = html(payload);
            for active in [
                "<script", "<img", "<svg", "<style", "<iframe", "href=\"j", "href=\"J", "href=\"d", "href=\"v",
                "href=\"/",
            ] {
                assert!(!html.contains(active), "{payload} became {html}");
            }
        }
    }
}
