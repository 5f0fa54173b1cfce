//! The figures in the documentation: the file, the charts, and the part of the page that shows them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::charts;
use crate::report::{self, Table};
use crate::results::{Results, WORKLOADS};

/// Between these lines the page is written by us.
const BEGIN: &str = "<!-- figures: written by cargo xtask bench -->";
const END: &str = "<!-- end of figures -->";
const FILE: &str = "latest.json";

/// The folder of the workspace's documents.
fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Writes the file and the charts, and shows them on the page.
pub(crate) fn publish(results: &Results) -> Result<(), String> {
    let folder = documents().join("bench");
    keep(results, &folder)?;
    let page = documents().join("benchmarks.md");
    let text = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let text = with_figures(&text, &figures(results)).ok_or("the page has no place for figures")?;
    fs::write(&page, text).map_err(|error| format!("{}: {error}", page.display()))
}

/// Writes the file and the charts into a folder.
pub(crate) fn keep(results: &Results, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    results.write(&folder.join(FILE))?;
    charts::all(results).iter().try_for_each(|chart| chart.draw(folder))
}

/// The page with other figures, if it has a place for them.
fn with_figures(page: &str, figures: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{figures}\n{END}{after}"))
}

fn figures(results: &Results) -> String {
    let mut text = format!("```text\n{}\n```\n", results.surroundings.lines().join("\n"));
    let _ = writeln!(
        text,
        "\nMeasured by `{}`; all of it is in [{FILE}](bench/{FILE}).",
        results.command
    );
    for chart in charts::all(results) {
        let _ = writeln!(text, "\n![{}](bench/{})", chart.title, chart.file);
    }
    for section in &results.sections {
        let table = report::throughput(&section.rows).markdown();
        let _ = write!(text, "\n### {}\n\n{table}", section.part);
    }
    let _ = write!(text, "\n### Ratios\n\n{}", report::ratios(results).markdown());
    let workloads = results.rows(WORKLOADS);
    let costs = report::costs(workloads).markdown();
    let _ = write!(text, "\n### CPU of each settled payment, µs (share of TPC-B)\n\n{costs}");
    let memory = report::memory(workloads).markdown();
    let _ = write!(text, "\n### Memory as a load begins, as it ends, and at most, MiB\n\n{memory}");
    for counted in &results.statements {
        let table = report::batches(&counted.statements).markdown();
        let _ = write!(text, "\n### Statements of `{}`\n\n{table}", counted.workload);
    }
    if let Some(startup) = &results.startup {
        let table = report::startup(startup).markdown();
        let _ = write!(text, "\n### Start of the embedded binary\n\n{table}");
    }
    if !results.missing.is_empty() {
        let _ = writeln!(text, "\nNot measured: {}.", results.missing.join("; "));
    }
    text
}

/// All tables, each with its title.
pub(crate) fn tables(results: &Results) -> Vec<(String, Table)> {
    let mut tables = Vec::new();
    for section in &results.sections {
        let mut add = |what: &str, table| tables.push((format!("{}: {what}", section.part), table));
        add("throughput and latency", report::throughput(&section.rows));
        add("CPU of each settled payment, µs (share of TPC-B)", report::costs(&section.rows));
        add("memory as it begins, as it ends, at most, MiB", report::memory(&section.rows));
    }
    for counted in &results.statements {
        let title = format!("{}: transactions", counted.workload);
        tables.push((title, report::batches(&counted.statements)));
        let title = format!("{}: statements of each settled payment", counted.workload);
        tables.push((title, report::statements(&counted.statements)));
    }
    tables.push(("ratios".to_owned(), report::ratios(results)));
    tables.retain(|(_, table)| table.has_rows());
    if let Some(startup) = &results.startup {
        tables.push(("start of the embedded binary".to_owned(), report::startup(startup)));
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, documents, figures, keep, with_figures};
    use crate::results::tests::results;

    #[test]
    fn only_the_figures_of_the_page_are_replaced() {
        let page = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let expected = format!("a\n{BEGIN}\n\nnew\n\n{END}\nb\n");
        assert_eq!(with_figures(&page, "new\n"), Some(expected.clone()));
        assert_eq!(with_figures(&expected, "new\n"), Some(expected));
        assert_eq!(with_figures("a\n", "new\n"), None);
    }

    #[test]
    fn the_page_has_a_place_for_figures() {
        let page = std::fs::read_to_string(documents().join("benchmarks.md")).unwrap();
        assert!(with_figures(&page, "").is_some());
    }

    #[test]
    fn the_page_names_the_charts_that_are_drawn_and_no_other() {
        let folder = std::env::temp_dir().join(format!("paygate-charts-{}", std::process::id()));
        keep(&results(), &folder).unwrap();
        let figures = figures(&results());
        for chart in ["workloads.svg", "latency.svg", "tables.svg", "connections.svg"] {
            let is_drawn = folder.join(chart).is_file();
            assert_eq!(figures.contains(&format!("(bench/{chart})")), is_drawn, "{chart}");
            // Of connections nothing was measured.
            assert_eq!(is_drawn, chart != "connections.svg");
        }
        for told in
            ["| transfer | 4.00 | 3.96 4.00 6.00 |", "FAILED: 3", "| hot to transfer | 0.50 |"]
        {
            assert!(figures.contains(told), "{told}:\n{figures}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
