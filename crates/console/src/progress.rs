//! How far a long command is, on standard error: a bar on a terminal, a line now and then elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The pause between two lines.
const PAUSE: Duration = Duration::from_secs(5);
/// How many rows go by between two looks at the time.
const LOOK_EVERY: u64 = 1_024;

/// A bar, if standard error is a terminal.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows it from now on.
    pub(crate) fn start() -> Self {
        Self(std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} rows");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        }))
    }

    /// Takes the bar away while something else is printed.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// What moves it.
    pub(crate) fn pace(&self) -> Pace<'_> {
        Pace { progress: self, told: Instant::now() }
    }

    /// Takes the bar away for good.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Moves the bar, or prints the lines.
pub(crate) struct Pace<'a> {
    progress: &'a Progress,
    told: Instant,
}

impl Pace<'_> {
    /// So many rows have been looked at.
    pub(crate) fn at(&mut self, seen: u64, of: u64) {
        if !seen.is_multiple_of(LOOK_EVERY) && seen != of {
            return;
        }
        match &self.progress.0 {
            Some(bar) => {
                bar.set_length(of);
                bar.set_position(seen);
            }
            None if self.told.elapsed() >= PAUSE => {
                self.told = Instant::now();
                eprintln!("{seen} of {of} rows");
            }
            None => {}
        }
    }
}
