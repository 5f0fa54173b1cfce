//! What one call did, by its name in the journal.

use crate::verdict::DeclineCode;

/// What one call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Took the money, or gave it back.
    Approved,
    /// Decided not to.
    Declined(DeclineCode),
    /// Nothing; the caller was told of a failure.
    Failed,
    /// Nothing, and the caller was told nothing.
    Unanswered,
    /// Nothing; the first decision was repeated.
    Replayed,
    /// Nothing; the key belongs to something else.
    Refused,
}

impl Effect {
    const ALL: [Self; 8] = [
        Self::Approved,
        Self::Declined(DeclineCode::Declined),
        Self::Declined(DeclineCode::InsufficientFunds),
        Self::Declined(DeclineCode::NotRefundable),
        Self::Failed,
        Self::Unanswered,
        Self::Replayed,
        Self::Refused,
    ];

    /// The name in the journal.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined(DeclineCode::Declined) => "declined:declined",
            Self::Declined(DeclineCode::InsufficientFunds) => "declined:insufficient_funds",
            Self::Declined(DeclineCode::NotRefundable) => "declined:not_refundable",
            Self::Failed => "failed",
            Self::Unanswered => "unanswered",
            Self::Replayed => "replayed",
            Self::Refused => "refused",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_read_back() {
        for effect in Effect::ALL {
            assert_eq!(Effect::parse(effect.as_str()), Some(effect));
        }
        assert_eq!(Effect::parse("declined"), None);
    }
}
