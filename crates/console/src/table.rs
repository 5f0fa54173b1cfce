//! Tables for people: columns side by side, no lines between them, no wrapping, so that they can be
//! read, searched and cut like any text.

use chrono::SecondsFormat;
use comfy_table::{CellAlignment, ColumnConstraint, Width, presets};
use paygate_core::Timestamp;
use std::io::{self, Write};

/// The most rows that are kept to find the widths of their columns.
const PAGE: usize = 500;
/// Between two columns.
const GAP: u16 = 2;

/// A column: its title, and how its cells stand.
pub(crate) struct Column {
    title: &'static str,
    alignment: CellAlignment,
    least: u16,
}

impl Column {
    /// A column of texts.
    pub(crate) const fn left(title: &'static str) -> Self {
        Self { title, alignment: CellAlignment::Left, least: 0 }
    }

    /// A column of amounts or numbers.
    pub(crate) const fn right(title: &'static str) -> Self {
        Self { title, alignment: CellAlignment::Right, least: 0 }
    }

    /// At least so wide, for what comes a row at a time.
    pub(crate) const fn at_least(mut self, width: u16) -> Self {
        self.least = width;
        self
    }
}

/// A table that is printed page by page. A column is as wide as its widest cell so far, so that one
/// page stands below the other unless a later cell is wider than all before.
pub(crate) struct Table<'a> {
    columns: &'a [Column],
    widths: Vec<u16>,
    rows: Vec<Vec<String>>,
    has_title: bool,
}

impl<'a> Table<'a> {
    /// A table of these columns.
    pub(crate) fn of(columns: &'a [Column]) -> Self {
        let widths = columns.iter().map(|column| column.least).collect();
        Self { columns, widths, rows: Vec::new(), has_title: false }
    }

    /// Adds a row, a cell for each column; prints a page when it is full.
    pub(crate) fn row(&mut self, out: &mut impl Write, cells: Vec<String>) -> io::Result<()> {
        self.rows.push(cells.iter().map(|cell| in_one_line(cell)).collect());
        if self.rows.len() < PAGE { Ok(()) } else { self.print(out) }
    }

    /// Prints the rows that are left; the titles alone if there was none at all.
    pub(crate) fn print(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut page = comfy_table::Table::new();
        page.load_style(presets::NOTHING);
        if !self.has_title {
            page.set_header(self.columns.iter().map(|column| column.title));
        }
        page.add_rows(std::mem::take(&mut self.rows));
        let content = page.column_max_content_widths();
        for (width, content) in self.widths.iter_mut().zip(content) {
            *width = content.max(*width);
        }
        for (place, (column, width)) in self.columns.iter().zip(&self.widths).enumerate() {
            if let Some(printed) = page.column_mut(place) {
                // The padding counts.
                let width = Width::Fixed(width.saturating_add(GAP));
                printed.set_padding((0, GAP));
                printed.set_cell_alignment(column.alignment);
                printed.set_constraint(ColumnConstraint::LowerBoundary(width));
            }
        }
        if !self.has_title || page.row_count() > 0 {
            writeln!(out, "{}", page.trim_fmt())?;
        }
        self.has_title = true;
        Ok(())
    }
}

/// A text without what would move the cursor or begin a line.
fn in_one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A time for people: whole seconds, UTC.
pub(crate) fn second(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// How many of something: `1 payment`, `2 payments`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] =
        [Column::left("name"), Column::right("amount"), Column::left("note")];

    fn row(name: &str, amount: &str, note: &str) -> Vec<String> {
        [name, amount, note].map(ToOwned::to_owned).to_vec()
    }

    fn text(out: Vec<u8>) -> String {
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn amounts_stand_right_and_wide_letters_count_twice() {
        let mut out = Vec::new();
        let mut table = Table::of(&COLUMNS);
        table.row(&mut out, row("Ada", "1.00", "")).unwrap();
        table.row(&mut out, row("佐藤", "-1234567.00", "x\ny\u{1b}[2J")).unwrap();
        table.print(&mut out).unwrap();
        let expected = "name       amount  note\n\
                        Ada          1.00\n\
                        佐藤  -1234567.00  x y [2J\n";
        assert_eq!(text(out), expected);
    }

    #[test]
    fn pages_stand_below_each_other_and_have_one_title() {
        let mut out = Vec::new();
        let mut table = Table::of(&COLUMNS);
        for number in 0..=2 * PAGE {
            table.row(&mut out, row(&format!("{:04}", 2 * PAGE - number), "1.00", "n")).unwrap();
        }
        table.print(&mut out).unwrap();
        table.print(&mut out).unwrap();
        let out = text(out);
        let mut lines = out.lines();
        assert_eq!(lines.next(), Some("name  amount  note"));
        assert_eq!(lines.clone().count(), 2 * PAGE + 1);
        assert!(lines.all(|line| line.ends_with("    1.00  n")), "{out}");
    }

    #[test]
    fn an_empty_table_has_its_titles() {
        let mut out = Vec::new();
        Table::of(&COLUMNS).print(&mut out).unwrap();
        assert_eq!(text(out), "name  amount  note\n");
    }
}
