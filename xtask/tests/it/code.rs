//! Rust code as text: what is code in it, and where its parts begin and end.

/// Whether a character may be within a name.
pub fn is_of_a_name(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

/// Code with its comments and texts blanked, and the texts by their place.
pub struct Read {
    pub code: String,
    pub texts: Vec<(usize, String)>,
}

/// Blanks what is not code, byte for byte, so that places stay.
pub fn read(text: &str) -> Read {
    let bytes = text.as_bytes();
    let (mut code, mut texts) = (bytes.to_vec(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let raw = rest.strip_prefix('r').filter(|it| it.starts_with(['"', '#']));
        let (len, is_text) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if let Some(after) = raw.filter(|_| !text[..at].ends_with(is_of_a_name)) {
            let hashes = after.len() - after.trim_start_matches('#').len();
            let end = format!("\"{}", "#".repeat(hashes));
            let body = after.get(hashes + 1..).unwrap_or_default();
            (body.find(&end).map_or(rest.len(), |it| it + 2 + hashes + end.len()), true)
        } else if rest.starts_with('"') {
            (length_of_text(rest), true)
        } else if let Some(len) = length_of_char(rest) {
            (len, false)
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if is_text {
            texts.push((at, rest[..len].to_owned()));
        }
        code[at..at + len].iter_mut().filter(|it| **it != b'\n').for_each(|it| *it = b' ');
        at += len;
    }
    Read { code: String::from_utf8(code).unwrap(), texts }
}

fn length_of_text(rest: &str) -> usize {
    let mut escaped = true;
    let end = rest.char_indices().find(|(_, it)| {
        let ends = *it == '"' && !escaped;
        escaped = *it == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// `'x'` and `'\n'`, and no lifetime.
fn length_of_char(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let mut chars = inner.char_indices();
    let (_, first) = chars.next()?;
    let from = if first == '\\' { chars.next()?.0 + 1 } else { 0 };
    let end = inner[from..].find('\'')? + from;
    (first == '\\' || inner[..end].chars().count() == 1).then_some(end + 2)
}

/// The length of what stands between a bracket, which `code` begins with, and its partner.
pub fn length_of_brackets(code: &str) -> usize {
    let mut depth = 0i32;
    let end = code.char_indices().find(|(_, it)| {
        depth += match it {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.map_or(code.len(), |(at, _)| at + 1)
}

/// Where a word stands by itself.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !code[..*at].ends_with(is_of_a_name) && !code[at + word.len()..].starts_with(is_of_a_name)
    })
}

/// Splits at a separator that is in no brackets.
pub fn split(code: &str, by: &str) -> Vec<String> {
    let (mut parts, mut part, mut at) = (Vec::new(), String::new(), 0);
    while at < code.len() {
        let rest = &code[at..];
        let len = match rest.chars().next() {
            Some('(' | '[' | '{') => length_of_brackets(rest),
            _ if rest.starts_with(by) => {
                parts.push(std::mem::take(&mut part));
                at += by.len();
                continue;
            }
            first => first.map_or(1, char::len_utf8),
        };
        part.push_str(&rest[..len]);
        at += len;
    }
    parts.push(part);
    parts
}

/// The patterns of a `match`, each with its place in the body.
pub fn patterns(body: &str) -> Vec<(usize, String)> {
    let (mut patterns, mut at) = (Vec::new(), 0);
    while let Some(arrow) = outside(&body[at..], "=>") {
        let pattern = &body[at..at + arrow];
        let blank = pattern.len() - pattern.trim_start().len();
        patterns.push((at + blank, pattern.trim().to_owned()));
        at += arrow + 2;
        let rest = &body[at..];
        let value = rest.len() - rest.trim_start().len();
        at += match rest[value..].starts_with('{') {
            true => value + length_of_brackets(&rest[value..]),
            false => outside(rest, ",").map_or(rest.len(), |it| it + 1),
        };
        let rest = &body[at..];
        let blank = rest.len() - rest.trim_start().len();
        at += if rest[blank..].starts_with(',') { blank + 1 } else { 0 };
    }
    patterns
}

/// Where something stands that is in no brackets.
pub fn outside(code: &str, what: &str) -> Option<usize> {
    let first = split(code, what).remove(0).len();
    (first < code.len()).then_some(first)
}
