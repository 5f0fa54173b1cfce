//! Private servers, started, stopped and killed for real.

#[cfg(test)]
mod servers;
