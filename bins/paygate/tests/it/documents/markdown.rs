//! The blocks of commands of a page, each with the block that shows their answers.

use std::fmt;

/// Commands, and what they answer.
pub struct Scene {
    page: String,
    line: usize,
    /// Each as a shell wants it, on one line or several.
    pub commands: Vec<String>,
    shown: Option<Block>,
}

impl Scene {
    /// What the last commands answer, one for each: the documents of a `json` block, or a `text`
    /// block as it is.
    pub fn answers(&self) -> Vec<String> {
        match &self.shown {
            None => Vec::new(),
            Some(block) if block.language == "json" => {
                let values = serde_json::Deserializer::from_str(&block.text);
                let values = values.into_iter::<Box<serde_json::value::RawValue>>();
                let values = values.map(|value| {
                    value.unwrap_or_else(|error| panic!("{self}: {error}")).get().to_owned()
                });
                values.collect()
            }
            Some(block) => vec![block.text.clone()],
        }
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.page, self.line)
    }
}

/// A fenced block.
pub struct Block {
    pub language: String,
    pub text: String,
    line: usize,
    /// Which heading it is under.
    section: usize,
}

/// The fenced blocks of a page.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut open, mut section) = (false, 0);
    for (index, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(_) if open => open = false,
            Some(language) => {
                open = true;
                let (language, text) = (language.to_owned(), String::new());
                blocks.push(Block { language, text, line: index + 1, section });
            }
            None if open => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => section += usize::from(line.starts_with('#')),
        }
    }
    assert!(!open, "a block has no end");
    blocks
}

/// The scenes of a page: a block of `sh`, and the `json` or `text` that follows it under the same
/// heading.
pub fn scenes(page: &str, text: &str) -> Vec<Scene> {
    let mut scenes: Vec<Scene> = Vec::new();
    // The heading under which commands wait for what they answer.
    let mut waiting = None;
    for block in blocks(text) {
        match block.language.as_str() {
            "sh" => {
                waiting = Some(block.section);
                scenes.push(Scene {
                    page: page.to_owned(),
                    line: block.line,
                    commands: commands(&block.text),
                    shown: None,
                });
            }
            "json" | "text" if waiting.take() == Some(block.section) => {
                scenes.last_mut().unwrap().shown = Some(block);
            }
            _ => waiting = None,
        }
    }
    scenes
}

/// The commands of a block: lines that end with a backslash go on, comments are left out.
fn commands(text: &str) -> Vec<String> {
    let whole = text.replace("\\\n", " ");
    let lines = whole.lines().map(|line| line.split("   #").next().unwrap_or_default().trim());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(ToOwned::to_owned).collect()
}
