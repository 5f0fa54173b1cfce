//! Private servers, started, stopped and killed for real; and the command that lends them.

#[cfg(test)]
mod queue;
#[cfg(test)]
mod run;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod wait;
