//! The rules by name, and the rows that break them.

use super::words::Told;
use crate::id::{AccountId, PaymentId};
use crate::money::Currency;
use crate::status::named;
use std::fmt;

named! {
    /// What is wrong with a row.
    Check {
        /// A row can't be read.
        UnreadableRow = "unreadable-row",
        /// The facts say neither how much there is nor what time it is.
        FactsIncomplete = "facts-incomplete",
        /// A table has more or fewer rows than its accounts or payments show: some belong to none.
        RowCountDiffers = "row-count-differs",
        /// The postings shown with accounts are not those shown with payments.
        PostingsDiffer = "postings-differ",
        /// The balances of a currency do not sum to zero.
        CurrencyUnbalanced = "currency-unbalanced",
        /// An opening balance account is not at what its deposits brought in, negated.
        OpeningEquityDiffers = "opening-equity-differs",
        /// A posting comes with an account that is not its own.
        PostingAccountDiffers = "posting-account-differs",
        /// A posting is in another currency than its account.
        PostingCurrencyDiffers = "posting-currency-differs",
        /// A posting's seq is not the one after that before it.
        PostingSeqGap = "posting-seq-gap",
        /// A posting's balance is not the one before it plus its amount.
        PostingBalanceDiffers = "posting-balance-differs",
        /// A posting belongs to no entry.
        PostingWithoutEntry = "posting-without-entry",
        /// A posting's entry was made before that of the posting before it.
        EntryTimeDecreases = "entry-time-decreases",
        /// An account's balance is not the one after its last posting.
        AccountBalanceDiffers = "account-balance-differs",
        /// An account's last seq is not that of its last posting.
        AccountSeqDiffers = "account-seq-differs",
        /// An account's last entry time is not that of its last posting's entry.
        AccountEntryTimeDiffers = "account-entry-time-differs",
        /// An account holds another amount than its payments do.
        AccountHeldDiffers = "account-held-differs",
        /// An account holds less than nothing.
        AccountHeldNegative = "account-held-negative",
        /// An account that may not be overdrawn is.
        AccountOverdrawn = "account-overdrawn",
        /// A closed account has a balance or holds something.
        ClosedAccountNotEmpty = "closed-account-not-empty",
        /// An account that payments rely on is closed.
        ClosedAccountNotAWallet = "closed-account-not-a-wallet",
        /// A system account may not be overdrawn.
        SystemAccountWithoutOverdraft = "system-account-without-overdraft",
        /// There are two system accounts of one code and currency.
        SystemAccountTwice = "system-account-twice",
        /// A transition is of another payment.
        TransitionPaymentDiffers = "transition-payment-differs",
        /// A transition's seq is not the one after that before it, from 1 on.
        TransitionSeqGap = "transition-seq-gap",
        /// A transition does not begin where the one before it led, or the first not in PENDING.
        TransitionFromDiffers = "transition-from-differs",
        /// The transition table has no such step.
        TransitionIllegal = "transition-illegal",
        /// A payment counts more or fewer transitions than there are.
        TransitionCountDiffers = "transition-count-differs",
        /// A payment is not in the state its last transition led to.
        StatusDiffers = "status-differs",
        /// A FAILED payment has no failure, or another one has.
        FailureDiffers = "failure-differs",
        /// A payment that moved money has not exactly one entry, or another one has any.
        EntryCountDiffers = "entry-count-differs",
        /// An entry is of another payment.
        EntryPaymentDiffers = "entry-payment-differs",
        /// An entry was not made with the transition to SUCCESS.
        EntryTransitionDiffers = "entry-transition-differs",
        /// An entry's postings do not sum to zero in a currency.
        EntryUnbalanced = "entry-unbalanced",
        /// An entry's postings are not what its payment moves.
        EntryLegsDiffer = "entry-legs-differ",
        /// An amount, debit or credit is not above zero.
        AmountNotPositive = "amount-not-positive",
        /// Amount, debit, credit and rate do not make each other.
        TermsDiffer = "terms-differ",
        /// Something was captured of what was never to be held.
        CaptureWithoutHold = "capture-without-hold",
        /// What was captured is not between 1 and the debit.
        CaptureOutOfRange = "capture-out-of-range",
        /// A captured hold does not say how much, or another payment does.
        CaptureDiffers = "capture-differs",
        /// A payment was authorized that is not to be held, or until no time.
        AuthorizationIncomplete = "authorization-incomplete",
        /// What a payment counts as refunded is not what its refunds gave back.
        RefundedDiffers = "refunded-differs",
        /// What a payment counts as about to be refunded is not what its refunds have claimed.
        RefundingDiffers = "refunding-differs",
        /// More is refunded, or about to be, than was moved.
        RefundsExceedPayment = "refunds-exceed-payment",
        /// Something is refunded of a payment that can't be.
        NotRefundable = "payment-not-refundable",
        /// A payment is REVERSED and not refunded in full, or the other way round.
        ReversedDiffers = "reversed-differs",
        /// Refunds took back another amount than their share of the credit.
        TakenBackDiffers = "taken-back-differs",
        /// A payment's source or destination is not an account such a payment has.
        RoleDiffers = "role-differs",
        /// A refund is of no payment, or something else is of one.
        ParentDiffers = "parent-differs",
        /// A payment should have been decided long ago.
        Overdue = "overdue",
    }
}

/// A row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule: a stable code, one of [`Check`].
    pub check: &'static str,
    /// The currency it concerns, if one.
    pub currency: Option<Currency>,
    /// The row: table and id.
    pub row: String,
    /// What is and what should be, in plain text.
    pub detail: String,
}

/// The row that is looked at. A row that has no id of its own is named by what it belongs to and
/// its place there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Row<'a> {
    Account(AccountId),
    Posting(AccountId, i64),
    Payment(PaymentId),
    Transition(PaymentId, i32),
    Entry(PaymentId, i32),
    Named(&'static str, &'a str),
    Table(&'static str),
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "accounts {id}"),
            Self::Posting(account, seq) => write!(f, "postings {account}/{seq}"),
            Self::Payment(id) => write!(f, "payments {id}"),
            Self::Transition(payment, seq) => write!(f, "payment_transitions {payment}/{seq}"),
            Self::Entry(payment, seq) => write!(f, "postings of {payment}/{seq}"),
            Self::Named(table, id) => write!(f, "{table} {id}"),
            Self::Table(table) => f.write_str(table),
        }
    }
}

/// Where violations go.
pub(super) struct Findings<'a> {
    report: Box<dyn FnMut(Violation) + Send + 'a>,
    count: u64,
}

impl<'a> Findings<'a> {
    pub(super) fn new(report: impl FnMut(Violation) + Send + 'a) -> Self {
        Self { report: Box::new(report), count: 0 }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Looks at a row.
    pub(super) fn at<'f>(
        &'f mut self,
        currency: impl Into<Option<Currency>>,
        row: Row<'f>,
    ) -> At<'f, 'a> {
        At { findings: self, currency: currency.into(), row }
    }
}

/// A row and where to say what is wrong with it. Nothing is put into words before that.
pub(super) struct At<'f, 'a> {
    findings: &'f mut Findings<'a>,
    currency: Option<Currency>,
    row: Row<'f>,
}

impl At<'_, '_> {
    /// Says that the row breaks a rule.
    pub(super) fn found(&mut self, check: Check, detail: String) {
        self.findings.count = self.findings.count.saturating_add(1);
        let (currency, row) = (self.currency, self.row.to_string());
        (self.findings.report)(Violation { check: check.as_str(), currency, row, detail });
    }

    /// The rule is kept exactly when `kept`.
    pub(super) fn holds(&mut self, check: Check, kept: bool, detail: impl FnOnce() -> String) {
        if !kept {
            self.found(check, detail());
        }
    }

    /// The rule is kept exactly when what is, is what should be.
    pub(super) fn equal<T: PartialEq + Told>(&mut self, check: Check, is: T, should: T) {
        if is != should {
            self.found(check, format!("is {}, should be {}", is.told(), should.told()));
        }
    }
}
