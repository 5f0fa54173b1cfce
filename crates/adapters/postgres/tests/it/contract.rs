//! The store contract.

use crate::database::make;

paygate_testkit::store_contract!(make);
