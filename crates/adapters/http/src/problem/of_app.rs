//! What the application refuses, as problems: the one place that maps its errors.

use super::{Code, Problem, SecurityEvent, Violation};
use actix_web::http::StatusCode;
use paygate_app::{
    ApiKeyError, CloseError, ConvertError, CreateError, HoldRequestError, NoRate, OpenError,
    ProofError, ReadError, Refusal, TakeInError,
};
use paygate_core::account::NotClosable;
use paygate_core::book::Rejection;
use paygate_core::fx::ConversionError;
use paygate_core::hold::HoldError;
use paygate_core::id::PaymentId;
use paygate_core::identity::{Denied, NotMade, NotRotatable};
use paygate_core::money::{AmountError, Currency};
use paygate_core::payment::Reason;
use paygate_ports::{AuthError, StoreError};
use std::fmt;

impl Problem {
    fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    fn with_payment(mut self, id: PaymentId) -> Self {
        self.0.payment_id = Some(id);
        self
    }

    /// A rule forbids a request that is valid in itself, whatever status the code has elsewhere.
    fn refused(code: Code, detail: impl fmt::Display) -> Self {
        let mut problem = Self::new(code, detail.to_string());
        problem.0.status = StatusCode::UNPROCESSABLE_ENTITY;
        problem
    }

    fn amount(error: AmountError) -> Self {
        Self::invalid(vec![Violation::new("amount", error.code(), error.to_string())])
    }

    fn not_enabled(currency: Currency, what: &str) -> Self {
        let message = format!("{what} in {currency} are not taken");
        Self::invalid(vec![Violation::new("currency", "currency-not-enabled", message)])
    }

    fn key_reused() -> Self {
        Self::new(Code::KeyReused, "the key was sent before with another request")
    }

    /// There is no rate now. Why is for the log: it may name what is asked and how.
    fn no_rate(cause: impl fmt::Display) -> Self {
        let detail = "there is no exchange rate to convert by at the moment; repeat later";
        Self::new(Code::FxUnavailable, detail).with_cause(cause)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if !error.is_transient() {
            return Self::internal(error);
        }
        let detail = "the store can't be reached; repeat the request, best with an Idempotency-Key";
        Self::new(Code::StoreUnavailable, detail).with_cause(error)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let code = match denied {
            Denied::Forbidden | Denied::OutlivesKey => Code::Forbidden,
            Denied::InsufficientScope(_) => Code::InsufficientScope,
        };
        Self::new(code, denied.to_string()).seen_as(SecurityEvent::AuthzFail)
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Denied(denied) => denied.into(),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<TakeInError> for Problem {
    fn from(error: TakeInError) -> Self {
        match error {
            TakeInError::Denied(denied) => denied.into(),
            TakeInError::KeyReused => Self::key_reused(),
            TakeInError::Taken(_) => Self::new(Code::MerchantExists, error.to_string()),
            TakeInError::Store(error) => error.into(),
        }
    }
}

impl From<ApiKeyError> for Problem {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::Denied(denied) => denied.into(),
            ApiKeyError::NotFound => Self::api_key_not_found(),
            ApiKeyError::MerchantNotFound(_) => Self::refused(Code::MerchantNotFound, error),
            ApiKeyError::NotMade(NotMade::AlreadyOver) => {
                let rule = "must be in the future".to_owned();
                Self::invalid(vec![Violation::new("expires_at", "in-the-past", rule)])
            }
            ApiKeyError::NotMade(NotMade::MakerIsOver) => AuthError::Invalid.into(),
            ApiKeyError::KeyReused => Self::key_reused(),
            ApiKeyError::NotRotatable(why) => match why {
                NotRotatable::Over(_) => Self::new(Code::ApiKeyNotActive, why.to_string()),
                NotRotatable::Replaced(_) => Self::new(Code::ApiKeyReplaced, why.to_string()),
                NotRotatable::NotMade(why) => ApiKeyError::NotMade(why).into(),
            },
            ApiKeyError::Store(error) => error.into(),
        }
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Denied(denied) => denied.into(),
            CreateError::CurrencyNotEnabled(currency) => Self::not_enabled(currency, "payments"),
            CreateError::Amount(error) => Self::amount(error),
            CreateError::PaymentNotFound => Self::payment_not_found(),
            CreateError::KeyReused => Self::key_reused(),
            CreateError::ReferenceTaken { existing } => {
                let detail = format!("payment {existing} has this reference");
                Self::new(Code::ReferenceExists, detail).with_payment(existing)
            }
            CreateError::QuoteUsed { existing } => {
                let detail = format!("payment {existing} has used this quote");
                Self::new(Code::QuoteUsed, detail).with_payment(existing)
            }
            CreateError::Refused(refusal) => refusal.into(),
            CreateError::Overloaded => {
                Self::new(Code::Overloaded, "too many payments wait to be accepted; repeat later")
            }
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match &refusal {
            Refusal::FxUnavailable(why) => Self::no_rate(why),
            other => Self::refused(code_of(other), other),
        }
    }
}

fn code_of(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::SameParty => Code::SameParty,
        Refusal::AccountNotFound(_) => Code::AccountNotFound,
        Refusal::AccountClosed(_) => Code::AccountClosed,
        Refusal::CurrencyMismatch(_) => Code::CurrencyMismatch,
        Refusal::UnsupportedCurrency(_) => Code::UnsupportedCurrency,
        Refusal::AmountTooSmall => Code::AmountTooSmall,
        Refusal::AmountTooLarge => Code::AmountTooLarge,
        Refusal::InsufficientFunds => Code::InsufficientFunds,
        Refusal::NoRoom => Code::Overflow,
        Refusal::FxUnavailable(_) => Code::FxUnavailable,
        Refusal::FxNotQuoted { .. } => Code::FxNotQuoted,
        Refusal::QuoteNotFound => Code::QuoteNotFound,
        Refusal::QuoteExpired => Code::QuoteExpired,
        Refusal::BelowMin(_) => Code::RiskBelowMin,
        Refusal::AboveMax(_) => Code::RiskAboveMax,
        Refusal::NotRefundable => Code::NotRefundable,
        Refusal::RefundExceedsRemainder => Code::RefundExceedsRemainder,
    }
}

impl From<HoldRequestError> for Problem {
    fn from(error: HoldRequestError) -> Self {
        match error {
            HoldRequestError::Denied(denied) => denied.into(),
            HoldRequestError::PaymentNotFound => Self::payment_not_found(),
            HoldRequestError::Amount(error) => Self::amount(error),
            HoldRequestError::Refused(why) => match why {
                HoldError::NotAuthorized(_) => {
                    Self::new(Code::PaymentNotAuthorized, why.to_string())
                }
                HoldError::ExceedsAuthorization => Self::refused(Code::ExceedsAuthorization, why),
                HoldError::TooSmall => Self::refused(Code::AmountTooSmall, why),
                HoldError::Rejected(rejection) => rejection.into(),
            },
            HoldRequestError::Store(error) => error.into(),
        }
    }
}

/// What the accounts and their money forbid is told; what is wrong with the payment's own row is a
/// failure of ours.
impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let code = match rejection.failure() {
            Some(Reason::AccountNotFound) => Code::AccountNotFound,
            Some(Reason::CurrencyMismatch) => Code::CurrencyMismatch,
            Some(Reason::AccountClosed) => Code::AccountClosed,
            Some(Reason::InsufficientFunds) => Code::InsufficientFunds,
            Some(Reason::Overflow) => Code::Overflow,
            _ => return Self::internal(rejection),
        };
        Self::refused(code, rejection)
    }
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Denied(denied) => denied.into(),
            OpenError::CurrencyNotEnabled(currency) => Self::not_enabled(currency, "accounts"),
            OpenError::KeyReused => Self::key_reused(),
            OpenError::AliasTaken { existing } => {
                let detail = format!("account {existing} has this alias");
                let mut problem = Self::new(Code::AliasExists, detail);
                problem.0.account_id = Some(existing);
                problem
            }
            refused @ OpenError::AmountTooLarge => Self::refused(Code::AmountTooLarge, refused),
            refused @ OpenError::Refused(Reason::Overflow) => {
                Self::refused(Code::Overflow, refused)
            }
            // Its accounts were chosen by us.
            refused @ OpenError::Refused(_) => Self::internal(refused),
            OpenError::Store(error) => error.into(),
        }
    }
}

impl From<CloseError> for Problem {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::Denied(denied) => denied.into(),
            CloseError::NotFound => Self::account_not_found(),
            CloseError::Refused(why) => {
                let code = match why {
                    NotClosable::NotAWallet => Code::AccountNotClosable,
                    NotClosable::NotEmpty => Code::AccountNotEmpty,
                    NotClosable::Held => Code::AccountHasHolds,
                };
                Self::new(code, why.to_string())
            }
            CloseError::Store(error) => error.into(),
        }
    }
}

impl From<NoRate> for Problem {
    fn from(why: NoRate) -> Self {
        Refusal::from(why).into()
    }
}

impl From<ConvertError> for Problem {
    fn from(error: ConvertError) -> Self {
        match error {
            ConvertError::Denied(denied) => denied.into(),
            ConvertError::KeyReused => Self::key_reused(),
            ConvertError::Rate(error) => error.into(),
            ConvertError::Conversion(error) => error.into(),
            ConvertError::Store(error) => error.into(),
        }
    }
}

impl From<ConversionError> for Problem {
    fn from(error: ConversionError) -> Self {
        let code = match error {
            ConversionError::WrongCurrency => Code::CurrencyMismatch,
            ConversionError::TooSmall => Code::AmountTooSmall,
            ConversionError::Overflow => Code::AmountTooLarge,
        };
        Self::refused(code, error)
    }
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Denied(denied) => denied.into(),
            ProofError::UnderWay => {
                Self::new(Code::ProofUnderWay, "one proof at a time; repeat when it is done")
            }
            ProofError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use paygate_core::identity::Scope;

    #[test]
    fn a_refusal_has_one_code_everywhere() {
        let name = || "name".to_owned();
        for refusal in [
            Refusal::SameParty,
            Refusal::AccountNotFound(name()),
            Refusal::AccountClosed(name()),
            Refusal::CurrencyMismatch("why"),
            Refusal::UnsupportedCurrency(Currency::parse("KWD").unwrap()),
            Refusal::AmountTooSmall,
            Refusal::AmountTooLarge,
            Refusal::InsufficientFunds,
            Refusal::FxUnavailable(name()),
            Refusal::FxNotQuoted {
                base: Currency::parse("USD").unwrap(),
                quote: Currency::parse("KWD").unwrap(),
            },
            Refusal::QuoteNotFound,
            Refusal::QuoteExpired,
            Refusal::BelowMin(name()),
            Refusal::AboveMax(name()),
            Refusal::NotRefundable,
            Refusal::RefundExceedsRemainder,
        ] {
            assert_eq!(code_of(&refusal).as_str(), refusal.code());
            let status = Problem::from(refusal.clone()).0.status.as_u16();
            let expected = if matches!(refusal, Refusal::FxUnavailable(_)) { 503 } else { 422 };
            assert_eq!(status, expected, "{refusal}");
        }
    }

    #[test]
    fn what_is_denied_has_one_code_everywhere() {
        for denied in [Denied::Forbidden, Denied::InsufficientScope(Scope::RefundsWrite)] {
            let problem = Problem::from(denied);
            assert_eq!(problem.0.code.as_str(), denied.code());
            assert_eq!(problem.0.status.as_u16(), 403);
        }
    }

    #[test]
    fn a_rule_of_the_book_has_one_code_everywhere() {
        for rejection in [
            Rejection::UnknownAccount,
            Rejection::CurrencyMismatch,
            Rejection::AccountClosed,
            Rejection::InsufficientFunds,
            Rejection::Overflow,
        ] {
            let problem = Problem::from(rejection);
            assert_eq!(problem.0.code.as_str(), rejection.code());
            assert_eq!(problem.0.status.as_u16(), 422);
        }
        for defect in [Rejection::UnknownPayment, Rejection::Unbalanced] {
            assert_eq!(Problem::from(defect).0.status.as_u16(), 500);
        }
    }
}
