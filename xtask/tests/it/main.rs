//! What keeps Paygate's crates apart, checked against the workspace itself; and the private
//! servers, started and killed for real.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod workspace;
