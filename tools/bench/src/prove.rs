//! Whether the ledger holds after all of it: every balance is the sum of its postings, every entry
//! in balance. The service is asked to prove it.

use std::time::Instant;

use serde::Deserialize;

use crate::http::{Connection, Request, Target};
use crate::told::announce;
use crate::wait_for::on_this_thread;

#[derive(Debug, Deserialize)]
struct Integrity {
    ok: bool,
    payments: u64,
    violation_count: u64,
}

/// Proves it. The error says that it does not hold, or why nobody could be asked.
pub(crate) fn prove(target: &Target) -> Result<(), String> {
    announce("proving the ledger");
    let since = Instant::now();
    let (status, body) = on_this_thread(async {
        let mut request = Request::new(target);
        let mut connection = Connection::new(target);
        let answer = connection.exchange(request.get("/api/v1/integrity")).await?;
        Ok((answer.status, answer.text()))
    })?;
    let payments = verdict(status, &body)?;
    let each_second = payments as f64 / since.elapsed().as_secs_f64();
    announce(&format!("it holds, of {payments} payments; {each_second:.0} were proved a second"));
    Ok(())
}

/// How many payments were proved.
fn verdict(status: u16, body: &str) -> Result<u64, String> {
    let proof = serde_json::from_str::<Integrity>(body).ok().filter(|_| status == 200);
    let proof = proof.ok_or_else(|| format!("proving the ledger came to {status} {body}"))?;
    match proof.ok {
        true => Ok(proof.payments),
        false => Err(format!("THE LEDGER DOES NOT HOLD: {} violations", proof.violation_count)),
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn a_ledger_that_does_not_hold_is_told_from_one_that_was_not_asked() {
        let body = |ok| format!(r#"{{"ok":{ok},"payments":7,"violation_count":2,"totals":[]}}"#);
        assert_eq!(verdict(200, &body(true)), Ok(7));
        let broken = "THE LEDGER DOES NOT HOLD: 2 violations".to_owned();
        assert_eq!(verdict(200, &body(false)), Err(broken));
        let unasked = verdict(503, r#"{"code":"proof-under-way"}"#).unwrap_err();
        assert!(unasked.starts_with("proving the ledger came to 503"), "{unasked}");
    }
}
