//! Named steps, one after the other, with what each took: on the way, and as a table at the end.

use std::fmt::Write;
use std::time::{Duration, Instant};

/// The steps that ran so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: String,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// Runs one step and notes its time and outcome.
    pub(crate) fn run<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        println!("── {name}");
        let start = Instant::now();
        let outcome = work();
        let (took, passed) = (start.elapsed(), outcome.is_ok());
        println!("── {name}: {} after {}", verdict(passed), seconds(took));
        self.done.push(Step { name: name.to_owned(), took, passed });
        outcome
    }

    /// Whether none has run yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// One line a step, and the sum.
    pub(crate) fn table(&self) -> String {
        let width = self.done.iter().map(|step| step.name.chars().count()).max().unwrap_or(0);
        let width = width.max("total".len());
        let mut table = String::new();
        for step in &self.done {
            let (took, verdict) = (seconds(step.took), verdict(step.passed));
            let _ = writeln!(table, "{:width$}  {took:>9}  {verdict}", step.name);
        }
        let total = seconds(self.done.iter().map(|step| step.took).sum());
        let verdict = verdict(self.done.iter().all(|step| step.passed));
        let _ = write!(table, "{:width$}  {total:>9}  {verdict}", "total");
        table
    }
}

fn verdict(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{Step, Steps};
    use std::time::Duration;

    #[test]
    fn the_table_aligns_and_sums_up() {
        let step = |name: &str, tenths: u64, passed| Step {
            name: name.to_owned(),
            took: Duration::from_millis(tenths * 100),
            passed,
        };
        let steps = Steps { done: vec![step("format", 12, true), step("lints", 1205, false)] };
        let expected = "\
format      1.2 s  ok
lints     120.5 s  FAILED
total     121.7 s  FAILED";
        assert_eq!(steps.table(), expected);
    }

    #[test]
    fn a_failed_step_hands_its_error_on() {
        let mut steps = Steps::default();
        assert!(steps.is_empty());
        assert_eq!(steps.run("good", || Ok(7)), Ok(7));
        assert_eq!(steps.run::<()>("bad", || Err("no".to_owned())), Err("no".to_owned()));
        assert!(!steps.is_empty() && steps.table().contains("FAILED"));
    }
}
