//! Numbers, aliases, and which of them a text is; what can be closed.

use super::*;
use crate::fixtures;
use proptest::prelude::*;

#[test]
fn the_check_digit_is_luhns() {
    // 7992739871 → 3 is the worked example of Luhn's US patent 2,950,048.
    assert_eq!(luhn_check_digit(7_992_739_871), 3);
    assert_eq!(AccountNumber::from_random(7_992_739_871).to_string(), "079927398713");
    assert_eq!(AccountNumber::from_random(0).to_string(), "000000000000");
}

proptest! {
    #[test]
    fn numbers_read_back_and_one_wrong_digit_is_caught(
        random in any::<u64>(), place in 0usize..12, by in 1u8..10
    ) {
        let text = AccountNumber::from_random(random).to_string();
        prop_assert_eq!(AccountNumber::parse(&text).unwrap().to_string(), text.clone());
        let mut digits = text.into_bytes();
        digits[place] = b'0' + (digits[place] - b'0' + by) % 10;
        prop_assert_eq!(AccountNumber::parse(std::str::from_utf8(&digits).unwrap()), Err(AccountNumberError));
    }
}

#[test]
fn what_is_not_twelve_digits_is_no_number() {
    for bad in ["", "12345678901", "1234567890123", "12345678901a", "１２３４"] {
        assert_eq!(AccountNumber::parse(bad), Err(AccountNumberError), "{bad}");
    }
}

#[test]
fn an_alias_is_short_plain_and_nothing_else() {
    for good in
        ["a", "A-z.9_", "9.", "12345678901", "1234567890123", "12345678901a", &"x".repeat(64)]
    {
        assert_eq!(Alias::parse(good).unwrap().as_str(), good);
    }
    let id = "018bcfe5-687b-7000-8000-000000000000";
    for bad in [
        ".",
        "..",
        "-x",
        "_",
        "",
        " ",
        "a b",
        "a/b",
        "a:b",
        "ä",
        "a\n",
        "a\0",
        "079927398713",
        "000000000001",
        id,
        &id.to_uppercase(),
        &"x".repeat(65),
    ] {
        assert_eq!(Alias::parse(bad), Err(AliasError), "{bad:?}");
    }
}

#[test]
fn each_text_names_an_account_in_one_way() {
    let id = "018bcfe5-687b-7000-8000-000000000000";
    for text in [id.to_owned(), id.to_uppercase()] {
        assert_eq!(AccountRef::parse(&text), Ok(AccountRef::Id(id.parse().unwrap())), "{text}");
    }
    // Without its hyphens it is what a client may call an account.
    let bare = id.replace('-', "");
    assert_eq!(AccountRef::parse(&bare), Ok(AccountRef::Alias(Alias::parse(&bare).unwrap())));
    let number = AccountNumber::parse("079927398713").unwrap();
    assert_eq!(AccountRef::parse("079927398713"), Ok(AccountRef::Number(number)));
    let alias = Alias::parse("savings").unwrap();
    assert_eq!(AccountRef::parse("savings"), Ok(AccountRef::Alias(alias)));
    // A mistyped number is no alias of anyone.
    for bad in ["", "079927398710", "a b", "018bcfe5-687b-7000-8000-00000000000g/"] {
        assert_eq!(AccountRef::parse(bad), Err(AccountRefError), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn no_alias_is_an_id_or_a_number(text in "[A-Za-z0-9._-]{1,64}|[0-9]{11,13}|[0-9a-f]{32}|[0-9a-f-]{36}") {
        if let Ok(alias) = Alias::parse(&text) {
            prop_assert_eq!(AccountRef::parse(&text), Ok(AccountRef::Alias(alias)));
        }
    }

    #[test]
    fn what_is_written_of_an_account_reads_back(random in any::<u64>(), id in any::<u128>()) {
        let number = AccountNumber::from_random(random);
        prop_assert_eq!(AccountRef::parse(&number.to_string()), Ok(AccountRef::Number(number)));
        let id = AccountId(uuid::Uuid::from_u128(id));
        prop_assert_eq!(AccountRef::parse(&id.to_string()), Ok(AccountRef::Id(id)));
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = AccountRef::parse(&text);
    }
}

#[test]
fn only_an_empty_wallet_can_be_closed() {
    let empty = fixtures::account(AccountId(uuid::Uuid::from_u128(1)), "USD");
    let with = |role: Role, posted_minor, held_minor| {
        Account { role, posted_minor, held_minor, ..empty.clone() }.closable()
    };
    let wallet = || Role::Wallet(fixtures::owner());
    let merchant = || Role::Merchant(fixtures::merchant());
    assert_eq!(with(wallet(), 0, 0), Ok(()));
    assert_eq!(Account { closed: true, ..empty.clone() }.closable(), Ok(()));
    assert_eq!(with(wallet(), 1, 0), Err(NotClosable::NotEmpty));
    assert_eq!(with(wallet(), -1, 0), Err(NotClosable::NotEmpty));
    assert_eq!(with(wallet(), 5, 5), Err(NotClosable::NotEmpty));
    assert_eq!(with(wallet(), 0, 5), Err(NotClosable::Held));
    assert_eq!(with(merchant(), 0, 0), Err(NotClosable::NotAWallet));
    assert_eq!(with(merchant(), 1, 1), Err(NotClosable::NotAWallet));
    for code in SystemAccount::ALL {
        assert_eq!(with(Role::System(*code), 0, 0), Err(NotClosable::NotAWallet), "{code}");
        assert!(!Role::System(*code).may_transfer());
    }
    assert!(wallet().may_transfer() && merchant().may_transfer());
}

#[test]
fn what_is_available_is_posted_less_held() {
    let empty = fixtures::account(AccountId(uuid::Uuid::from_u128(1)), "USD");
    let available = |posted_minor, held_minor| {
        Account { posted_minor, held_minor, ..empty.clone() }.available_minor()
    };
    assert_eq!((available(5, 2), available(2, 5)), (Some(3), Some(-3)));
    assert_eq!((available(i64::MIN, 0), available(i64::MIN, 1)), (Some(i64::MIN), None));
}
