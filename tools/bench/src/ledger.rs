//! Whether the ledger holds after all of it: every balance is the sum of its postings, every entry
//! in balance. The operator's own command is asked.

use paygate_test_servers::{Postgres, RabbitMq};

use crate::report::Report;
use crate::service;
use crate::told::announce;

/// Proves it, and puts what came of it into the table.
pub(crate) fn tell(postgres: &Postgres, rabbitmq: &RabbitMq, report: &mut Report) {
    announce("proving the ledger");
    let told = match service::call("prove", postgres, rabbitmq) {
        Ok(output) => {
            let (answer, error) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            verdict(output.status.success(), &answer, &error)
        }
        Err(why) => format!("could not be asked: {why}"),
    };
    report.row("the ledger", told);
}

/// The command answers on its standard output; why it failed, it says on the other. If it answered
/// and failed all the same, the ledger does not hold.
fn verdict(is_success: bool, answer: &str, error: &str) -> String {
    let why = error.trim().lines().next_back().unwrap_or("no word");
    match (is_success, answer.trim().is_empty()) {
        (true, _) => "holds".to_owned(),
        (false, false) => format!("does NOT hold: {why}"),
        (false, true) => format!("could not be asked: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn a_ledger_that_does_not_hold_is_told_from_one_that_was_not_asked() {
        assert_eq!(verdict(true, "12 accounts\n", "proving\n"), "holds");
        let broken = verdict(false, "TABLE  ID\npostings  1\n", "9 rows\npaygate: 1 violation\n");
        assert_eq!(broken, "does NOT hold: paygate: 1 violation");
        let absent = verdict(false, "", "paygate: no database\n");
        assert_eq!(absent, "could not be asked: paygate: no database");
        assert_eq!(verdict(false, "\n", ""), "could not be asked: no word");
    }
}
