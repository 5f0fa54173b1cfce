//! Time, chance, and whether an adapter works.

pub(crate) mod clock;
pub(crate) mod health;
pub(crate) mod ids;
