//! What is told while it goes on, on standard error; the figures come at the end, on standard
//! output. A bar is drawn on a terminal only.

use std::io::IsTerminal;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// When it was first asked for the time.
static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Says what begins now, and how long all has taken so far.
pub(crate) fn announce(what: &str) {
    eprintln!("── {:>4} s  {what}", BEGUN.elapsed().as_secs());
}

/// Says what is found out on the way, among the figures.
pub(crate) fn tell(what: &str) {
    println!("{what}\n");
}

/// How far something is.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Shows it from now on.
    pub(crate) fn start(what: &str) -> Self {
        let target = match std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let style = ProgressStyle::with_template("   {prefix} {bar:30} {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(1), target).with_style(style);
        Self(bar.with_prefix(what.to_owned()))
    }

    /// So much of it is done.
    pub(crate) fn at(&self, done: u64, of: u64, message: &str) {
        self.0.set_length(of);
        self.0.set_position(done.min(of));
        self.0.set_message(message.to_owned());
    }

    /// So much of its time is over.
    pub(crate) fn at_time(&self, done: Duration, of: Duration, message: &str) {
        self.at(milliseconds(done), milliseconds(of), message);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
