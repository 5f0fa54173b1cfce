//! The contract of the store ports: what `PaymentStore`, `PaymentReader`, `AccountStore`,
//! `AccountReader`, `QuoteStore`, `MerchantStore`, `ApiKeyStore`, `ApiKeyReader`, `AuditLog`,
//! `JournalReader`, `DueStore`, `Quarantine`, `Audit` and `ProofLog` must do on every database.
//!
//! An adapter writes `paygate_testkit::store_contract!(make)` in its tests, where `make` is an
//! `async fn() -> Option<StoreUnderTest>` that gives a fresh, migrated, empty store of its own to
//! each call, or `None` where its server is missing. Every test of the suite gets one store and
//! leaves it with [`assert_ledger_holds`], unless it broke rows on purpose.

pub mod accept;
pub mod account_reader;
pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod audit_log;
pub mod contention;
pub mod corrupt;
pub mod due;
mod helpers;
pub mod holds;
mod ledger;
pub mod list;
pub mod merchants;
pub mod model;
pub mod mutations;
pub mod owners;
pub mod proof_log;
pub mod quarantine;
pub mod quotes;
pub mod refunds;
pub mod rules;
pub mod transact;
pub mod transfers;
pub(crate) mod under_test;
pub mod wallets;

pub use helpers::{Gate, eventually};
pub use ledger::{assert_ledger_holds, check_ledger};
pub use under_test::{RawSql, StoreUnderTest};

/// Expands to one test per rule of the contract. See [the module](self).
///
/// The calling crate needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! store_contract {
    ($make:path) => {
        $crate::store_contract! { @tests $make;
            accept: an_accepted_payment_reads_back_exactly,
            accept: the_same_payment_sent_again_is_created_again,
            accept: the_same_payment_twice_in_a_batch_is_one,
            accept: the_same_key_and_request_replays_the_payment_as_it_is_now,
            accept: the_same_key_with_another_request_is_refused_as_reused,
            accept: a_key_belongs_to_its_caller_and_kind,
            accept: a_taken_reference_names_its_payment,
            accept: a_reference_belongs_to_its_merchant,
            accept: own_id_goes_before_key_and_key_before_reference,
            accept: of_twins_by_key_in_a_batch_one_is_created,
            accept: of_twins_by_reference_in_a_batch_one_is_created,
            accept: of_twins_by_key_with_other_requests_one_is_created,
            accept: a_refused_payment_does_not_disturb_its_neighbours,
            accept: a_batch_of_refused_payments_is_refused_one_by_one,
            accept: a_batch_of_five_hundred_is_created_in_order,
            accept: an_empty_batch_is_nothing,
            transact: a_settlement_is_written_whole,
            transact: a_failure_is_written_with_its_detail,
            transact: payments_of_one_batch_see_each_others_balances,
            transact: several_batches_continue_the_sequences,
            transact: a_rejected_payment_does_not_disturb_its_neighbours,
            transact: unknown_and_repeated_ids_are_no_error,
            transact: what_a_decision_says_comes_back_with_its_changes,
            transact: a_claim_of_charges_sees_no_accounts,
            transact: a_charge_that_could_not_be_posted_fails_when_it_is_claimed,
            transact: a_claim_sees_the_accounts_it_needs,
            transact: a_refund_comes_with_what_it_refunds_and_its_accounts,
            transact: no_ids_are_an_empty_book,
            transact: nothing_changed_is_nothing_written,
            transact: a_large_batch_is_settled_at_once,
            transact: a_decision_that_panics_is_refused_and_rolled_back,
            transact: what_the_database_refuses_is_rolled_back,
            contention: concurrent_twins_by_key_are_created_once,
            contention: concurrent_twins_by_reference_are_created_once,
            contention: accepts_in_opposing_orders_do_not_fail,
            contention: two_workers_with_the_same_ids_have_one_effect,
            contention: different_payments_on_the_same_accounts_are_posted_one_after_the_other,
            contention: a_payment_is_claimed_by_one_of_many,
            contention: transacts_in_opposing_orders_do_not_fail,
            contention: a_caller_that_goes_away_strands_nothing,
            contention: an_abandoned_accept_can_be_repeated,
            corrupt: an_unreadable_payment_is_named_by_transact_and_its_readers,
            corrupt: an_unreadable_payment_is_left_out_by_leaving_its_id_out,
            corrupt: an_unreadable_payment_refuses_only_who_replays_it,
            corrupt: an_unreadable_account_is_named,
            corrupt: an_unreadable_transition_is_named,
            corrupt: the_sweeper_and_the_quarantine_work_on_unreadable_payments,
            corrupt: an_unreadable_account_is_named_by_who_looks_for_it,
            corrupt: an_unreadable_quote_is_named,
            corrupt: what_can_not_be_read_is_a_fact_among_others,
            list: payments_are_listed_newest_first,
            list: each_filter_works_alone,
            list: filters_work_together,
            list: times_bound_a_listing_from_below_inclusively,
            list: pages_cover_everything_once,
            list: a_listing_is_what_passes_of_all,
            list: an_unknown_payment_is_none,
            list: entries_are_paged_in_order,
            accounts: an_account_is_opened_once_per_role_and_currency,
            accounts: accounts_are_answered_in_the_order_asked,
            accounts: twins_in_one_call_are_one_account,
            accounts: a_number_or_id_of_another_account_is_refused,
            accounts: concurrent_openers_get_the_same_account,
            accounts: an_unknown_account_is_none,
            due: what_was_accepted_is_due_when_its_watch_is_ripe,
            due: only_what_is_new_leaves_a_watch,
            due: a_ripe_watch_finds_what_is_in_flight_and_not_parked,
            due: a_leased_payment_is_due_when_its_lease_ends,
            due: a_due_payment_keeps_its_time_when_a_watch_finds_it,
            due: concurrent_sweepers_look_at_different_watches,
            due: a_retry_is_taken_when_its_time_has_come,
            due: a_retry_moves_a_payment_that_is_due_already,
            due: the_longest_due_are_taken_first,
            due: a_taken_payment_is_due_again_later_and_later,
            due: what_reached_its_end_is_removed,
            due: what_ends_late_is_removed_by_who_ends_it,
            due: what_reached_its_end_hides_nothing_that_is_due,
            due: concurrent_takers_get_different_payments,
            due: the_oldest_due_payment_is_known,
            due: the_stores_time_does_not_stand_still,
            quarantine: redeliveries_count_for_what_is_in_flight,
            quarantine: a_parked_payment_keeps_its_first_reason,
            quarantine: a_parked_payment_is_neither_claimed_nor_due,
            quarantine: what_is_at_its_end_is_not_parked,
            quarantine: an_unparked_payment_is_due_with_its_redeliveries_forgotten,
            quarantine: parked_payments_are_listed_by_id,
            rules: the_journal_is_append_only,
            rules: the_timeline_is_append_only,
            rules: an_account_without_overdraft_never_goes_below_zero,
            rules: a_position_in_an_account_is_taken_once,
            rules: what_is_referred_to_must_exist,
            rules: a_posting_belongs_to_a_step_and_to_an_account_of_its_currency,
            rules: a_payment_to_or_from_nowhere_is_refused_alone,
            rules: a_payment_row_that_contradicts_itself_is_refused,
            rules: a_role_has_one_account_per_currency,
            rules: an_account_row_that_contradicts_itself_is_refused,
            wallets: a_wallet_is_opened_as_asked,
            wallets: an_opening_balance_is_posted_with_its_wallet,
            wallets: a_wallet_asked_for_again_is_the_same,
            wallets: an_alias_is_one_accounts,
            wallets: a_taken_number_opens_nothing,
            wallets: an_opening_balance_beyond_all_balances_is_refused,
            wallets: an_opening_balance_that_is_refused_opens_nothing,
            wallets: concurrent_twins_by_alias_are_opened_once,
            wallets: a_key_opens_one_wallet_of_each_owner,
            wallets: concurrent_twins_by_key_are_opened_once,
            wallets: an_empty_wallet_is_closed_for_good,
            wallets: what_is_in_use_is_not_closed,
            wallets: closing_and_paying_at_once_lose_nothing,
            account_reader: accounts_are_found_by_each_of_their_names,
            account_reader: a_found_account_says_all_of_itself,
            account_reader: accounts_are_listed_newest_first,
            account_reader: a_position_is_that_of_the_last_posting_until_then,
            account_reader: a_position_is_found_among_many,
            account_reader: lines_name_the_other_account,
            account_reader: lines_of_a_conversion_lead_from_source_to_destination,
            account_reader: lines_are_read_in_parts,
            owners: equal_keys_and_references_of_two_owners_are_two,
            owners: concurrent_twins_of_two_owners_are_one_each,
            owners: lists_and_references_find_what_is_the_owners,
            owners: equal_aliases_of_two_owners_are_two,
            owners: accounts_are_listed_of_an_owner,
            quotes: a_quote_is_kept_exactly,
            quotes: a_key_keeps_one_quote_of_each_owner,
            quotes: concurrent_twins_by_key_are_promised_once,
            quotes: a_quote_serves_one_payment,
            quotes: of_twins_by_quote_one_is_created,
            quotes: concurrent_twins_by_quote_are_created_once,
            quotes: id_key_and_reference_go_before_quote,
            quotes: an_unknown_quote_is_refused,
            quotes: expired_quotes_that_no_payment_used_are_forgotten,
            quotes: concurrent_forgetters_forget_each_quote_once,
            transfers: a_transfer_with_everything_reads_back_exactly,
            transfers: a_transfer_moves_money_between_two_wallets,
            transfers: a_conversion_is_four_postings,
            transfers: what_its_accounts_forbid_fails_a_transfer,
            transfers: transfers_of_one_batch_see_each_others_balances,
            transfers: opposing_transfers_all_settle_and_conserve_the_sum,
            transfers: concurrent_transfers_never_overdraw,
            transfers: a_payment_is_found_by_its_key,
            holds: what_is_authorized_is_held,
            holds: a_hold_that_has_ended_is_no_longer_due,
            holds: a_hold_is_captured_whole,
            holds: a_hold_is_captured_in_part_and_the_rest_given_back,
            holds: a_part_of_a_converted_hold_credits_its_share,
            holds: a_voided_hold_is_given_back,
            holds: a_hold_is_due_when_it_expires,
            holds: an_expired_hold_is_taken_and_given_back,
            holds: a_hold_whose_time_is_over_is_not_captured,
            holds: a_hold_may_be_parked_and_brought_back,
            holds: concurrent_captures_and_voids_have_one_effect,
            refunds: a_transfer_is_refunded_in_parts_until_nothing_is_left,
            refunds: what_can_not_be_refunded_fails,
            refunds: a_converted_transfer_is_refunded_without_residue,
            refunds: a_refund_takes_the_share_that_is_left_when_it_is_claimed,
            refunds: of_a_partial_capture_only_that_is_refunded,
            refunds: concurrent_refunds_of_a_transfer_never_exceed_it,
            refunds: a_refund_of_a_charge_is_held_until_the_provider_answers,
            refunds: a_refund_that_the_provider_declines_gives_its_claim_up,
            refunds: a_refund_that_waits_takes_what_another_gave_up,
            refunds: concurrent_refunds_of_a_charge_never_exceed_it,
            refunds: the_refunds_of_a_payment_are_listed,
            audit: the_whole_ledger_is_shown_as_it_is,
            audit: a_ledger_of_many_pages_is_shown_whole,
            audit: only_what_is_new_since_a_time_is_shown,
            audit: what_is_shown_is_of_one_moment,
            model: random_histories_end_as_in_a_book,
            mutations: every_change_past_the_ports_is_found,
            merchants: a_merchant_is_taken_in_as_asked,
            merchants: a_merchant_asked_for_again_is_the_same,
            merchants: concurrent_twins_are_taken_in_once,
            merchants: merchants_are_listed_by_id,
            merchants: what_is_written_down_is_written_with_it,
            api_keys: a_key_is_made_as_asked_and_found_by_its_secret,
            api_keys: a_key_asked_for_again_is_the_same,
            api_keys: concurrent_twins_of_a_key_are_made_once,
            api_keys: a_key_that_would_open_nothing_is_not_made,
            api_keys: a_key_that_was_ended_makes_no_other,
            api_keys: ending_a_key_and_making_others_by_it_take_turns,
            api_keys: of_two_rotations_under_one_key_one_is_made,
            api_keys: a_key_of_nobody_is_refused,
            api_keys: a_rotated_key_opens_until_the_overlap_ends,
            api_keys: a_rotation_asked_for_again_is_the_same,
            api_keys: concurrent_rotations_make_one_key,
            api_keys: a_revoked_key_stays_revoked,
            api_keys: keys_are_listed_newest_first,
            api_keys: a_use_is_remembered_to_the_minute,
            api_keys: an_unreadable_key_is_named,
            audit_log: an_entry_reads_back_exactly,
            audit_log: entries_are_listed_by_each_of_their_parts,
            audit_log: the_audit_log_is_append_only,
            proof_log: the_first_proof_begins_at_the_beginning,
            proof_log: the_next_proof_begins_where_the_last_one_ended,
            proof_log: a_proof_is_begun_again_when_its_time_has_come,
            proof_log: of_many_who_ask_at_once_one_begins,
            proof_log: a_proof_that_is_under_way_is_left_to_itself_for_a_while,
        }
    };
    (@tests $make:path; $($module:ident: $test:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(store) = $make().await {
                    $crate::store::$module::$test(store).await;
                }
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    /// A rule that no adapter runs can't fail.
    #[test]
    fn every_rule_is_in_the_macro() {
        let list = include_str!("store.rs");
        for (module, source) in [
            ("accept", include_str!("store/accept.rs")),
            ("account_reader", include_str!("store/account_reader.rs")),
            ("accounts", include_str!("store/accounts.rs")),
            ("api_keys", include_str!("store/api_keys.rs")),
            ("audit", include_str!("store/audit.rs")),
            ("audit_log", include_str!("store/audit_log.rs")),
            ("contention", include_str!("store/contention.rs")),
            ("corrupt", include_str!("store/corrupt.rs")),
            ("due", include_str!("store/due.rs")),
            ("holds", include_str!("store/holds.rs")),
            ("list", include_str!("store/list.rs")),
            ("merchants", include_str!("store/merchants.rs")),
            ("model", include_str!("store/model.rs")),
            ("mutations", include_str!("store/mutations.rs")),
            ("owners", include_str!("store/owners.rs")),
            ("proof_log", include_str!("store/proof_log.rs")),
            ("quarantine", include_str!("store/quarantine.rs")),
            ("quotes", include_str!("store/quotes.rs")),
            ("refunds", include_str!("store/refunds.rs")),
            ("rules", include_str!("store/rules.rs")),
            ("transact", include_str!("store/transact.rs")),
            ("transfers", include_str!("store/transfers.rs")),
            ("wallets", include_str!("store/wallets.rs")),
        ] {
            let rules = source.lines().filter_map(|line| {
                line.strip_prefix("pub async fn ")?.strip_suffix("(store: StoreUnderTest) {")
            });
            for rule in rules {
                assert!(list.contains(&format!(" {module}: {rule},\n")), "{module}: {rule}");
            }
        }
    }
}
