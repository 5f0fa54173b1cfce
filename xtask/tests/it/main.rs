//! What keeps Paygate's crates and files apart and its documents whole, checked against the workspace
//! itself; and the private servers, started and killed for real.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod code;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod links;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod workspace;
