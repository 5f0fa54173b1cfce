//! What is told while it goes on; the figures come at the end.

/// Says what begins now.
pub(crate) fn announce(what: &str) {
    println!("── {what}");
}

/// Says how far it is.
pub(crate) fn progress(how_far: &str) {
    println!("   {how_far}");
}
