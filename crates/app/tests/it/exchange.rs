//! Exchange: rates as customers get them, and quotes that are kept and forgotten.

mod conversions;
mod forgetting_quotes;
