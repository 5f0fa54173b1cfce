//! No dead relative link in the documents: a file that is linked exists, and so does the heading in it.

use std::fs;
use std::path::{Path, PathBuf};

/// A link as a document writes it, and where.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    line: usize,
    target: String,
}

/// The targets of the links of a document that lead to files or headings, code left out.
fn links(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // What stands between backticks is shown, not meant.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (_, rest) in
            prose.match_indices("](").map(|(at, found)| prose.split_at(at + found.len()))
        {
            let target = rest.split([')', ' ']).next().unwrap_or("");
            if !target.contains("://") && !target.starts_with("mailto:") {
                links.push(Link { line: index + 1, target: target.to_owned() });
            }
        }
    }
    links
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut anchors: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if fenced || !line.starts_with('#') {
            continue;
        }
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
        let anchor: String = kept.map(|it| if it == ' ' { '-' } else { it }).collect();
        let earlier = anchors.iter().filter(|it| **it == anchor).count();
        anchors.push(if earlier == 0 { anchor } else { format!("{anchor}-{earlier}") });
    }
    anchors
}

/// What is wrong with the links of the document at `path`.
fn dead(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let folder = path.parent().unwrap();
    let why_dead = |link: &Link| {
        let (file, heading) = match link.target.split_once('#') {
            Some((file, heading)) => (file, Some(heading)),
            None => (&*link.target, None),
        };
        let target = if file.is_empty() { path.to_owned() } else { folder.join(file) };
        if !target.exists() {
            return Some("no such file");
        }
        let heading = heading?;
        let there = fs::read_to_string(&target)
            .is_ok_and(|text| anchors(&text).iter().any(|it| it == heading));
        (!there).then_some("no such heading")
    };
    let told = |link: Link| {
        let why = why_dead(&link)?;
        Some(format!("{}:{}: {}: {why}", path.display(), link.line, link.target))
    };
    links(&text).into_iter().filter_map(told).collect()
}

/// Every document of the tree.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let left_out = name == "target" || name.starts_with('.');
            if path.is_dir() && !left_out {
                open.push(path);
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn no_document_links_to_what_is_not_there() {
    let documents = documents();
    assert!(documents.len() > 10, "{documents:?}");
    let dead: Vec<String> = documents.iter().flat_map(|path| dead(path)).collect();
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
}

#[test]
fn links_are_found_where_they_are_meant() {
    let text = "See [a](b.md#c), [d](https://e.f), `[g](h)` and [i](#j \"k\").\n```\n[l](m)\n```\n";
    let targets: Vec<String> = links(text).into_iter().map(|link| link.target).collect();
    assert_eq!(targets, ["b.md#c", "#j"]);
}

#[test]
fn a_dead_link_is_found() {
    let folder = std::env::temp_dir().join(format!("paygate-links-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let page = folder.join("page.md");
    fs::write(&page, "# A `b`, c\n[x](#a-b-c) [x](page.md) [y](#z)\n\n[w](gone.md)\n").unwrap();
    let found: Vec<String> =
        dead(&page).iter().map(|it| it.rsplit_once("page.md:").unwrap().1.to_owned()).collect();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(found, ["2: #z: no such heading", "4: gone.md: no such file"]);
}
