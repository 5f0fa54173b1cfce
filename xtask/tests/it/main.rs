//! What keeps Paygate's crates and files apart and its documents whole, checked against the workspace
//! itself.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod circles;
#[cfg(test)]
mod code;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod links;
#[cfg(test)]
mod workspace;
