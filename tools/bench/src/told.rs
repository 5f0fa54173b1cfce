//! What is told while it goes on, on standard error; the figures come at the end, on standard
//! output. A bar is drawn on a terminal only.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Says what begins now.
pub(crate) fn announce(what: &str) {
    eprintln!("── {what}");
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
    pub(crate) fn at(&self, done: Duration, of: Duration, message: &str) {
        self.0.set_length(milliseconds(of));
        self.0.set_position(milliseconds(done).min(milliseconds(of)));
        self.0.set_message(message.to_owned());
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
