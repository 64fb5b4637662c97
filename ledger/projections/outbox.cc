#include "ledger/projections/outbox.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/domain/money.h"
#include "ledger/projections/billing_messages.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

using storage::v1::Event;
using storage::v1::MessageRow;

constexpr char kMessagePrefix[] = "message-";

std::string KindPrefix(MessageKind kind) { return std::string(1, static_cast<char>(kind)); }

std::string KeyOf(MessageId id) { return absl::StrCat(BigEndian(id.position), BigEndian(id.index)); }

MessageId IdOfKey(absl::string_view key) {
  key.remove_prefix(key.size() - 2 * kBigEndianSize);
  return {.position = FromBigEndian(key), .index = FromBigEndian(key.substr(kBigEndianSize))};
}

MessageId Before(MessageId id) {
  if (id.index > 0) return {.position = id.position, .index = id.index - 1};
  return {.position = id.position - 1, .index = std::numeric_limits<uint64_t>::max()};
}

std::string Amount(int64_t micros, const std::string& currency) { return ToString(Money::Micros(micros), currency); }

// Takes in one entry: keeps what later messages need to know, and writes the messages that follow from it.
class Taking {
 public:
  Taking(const storage::v1::Entry& entry, Batch& batch) : entry_(entry), batch_(batch) {}

  void All() {
    for (const Event& event : entry_.events()) One(event);
  }

 private:
  using Addresses = std::vector<storage::v1::PersonalData>;

  void One(const Event& event) {
    switch (event.kind_case()) {
      case Event::kUserRegistered:
        return On(event.user_registered());
      case Event::kOrganizationCreated:
        return On(event.organization_created());
      case Event::kMemberInvited:
        return On(event.member_invited());
      case Event::kInvitationAccepted:
        return On(event.invitation_accepted());
      case Event::kMemberAccessSet:
        return On(event.member_access_set());
      case Event::kUsersMerged:
        return On(event.users_merged());
      case Event::kUserClosed:
        return On(event.user_closed());
      case Event::kMemberRemoved:
        return On(event.member_removed());
      case Event::kProjectTransferOffered:
        return On(event.project_transfer_offered());
      case Event::kProjectPayerSet:
        return On(event.project_payer_set());
      case Event::kProjectTransferDeclined:
        return On(event.project_transfer_declined());
      case Event::kAccountUpgradeSubmitted:
        return On(event.account_upgrade_submitted());
      case Event::kVerificationSent:
        return On(event.verification_sent());
      case Event::kBillingConfirmed:
        return On(event.billing_confirmed());
      case Event::kVerificationReminded:
        return On(event.verification_reminded());
      case Event::kUserUpgraded:
        return On(event.user_upgraded());
      case Event::kBillingDeclined:
        return On(event.billing_declined());
      case Event::kBillingChangeRequested:
        return On(event.billing_change_requested());
      case Event::kBillingChangeApplied:
        return On(event.billing_change_applied());
      case Event::kBillingChangeClosed:
        return On(event.billing_change_closed());
      case Event::kAssistedSetupRequested:
        return On(event.assisted_setup_requested());
      case Event::kAssistedSetupScheduled:
        return On(event.assisted_setup_scheduled());
      case Event::kAssistedSetupMissed:
        return On(event.assisted_setup_missed());
      case Event::kLimitIncreaseRequested:
        return On(event.limit_increase_requested());
      case Event::kLimitIncreaseApproved:
        return On(event.limit_increase_approved());
      case Event::kLimitIncreaseDenied:
        return On(event.limit_increase_denied());
      case Event::kLimitIncreaseWithdrawn:
        return On(event.limit_increase_withdrawn());
      case Event::kLimitIncreaseExpired:
        return On(event.limit_increase_expired());
      case Event::kLimitIncreaseEnded:
        return On(event.limit_increase_ended());
      case Event::kFundsThresholdCrossed:
        return On(event.funds_threshold_crossed());
      case Event::kUsageQuarantined:
        return On(event.usage_quarantined());
      case Event::kPartnerPublished:
      case Event::kPromotionPublished:
      case Event::kTermsPublished:
      case Event::kActionCataloguePublished:
      case Event::kPriceListPublished:
      case Event::kBillingAccountOpened:
      case Event::kPromotionEntitled:
      case Event::kPromotionLapsed:
      case Event::kDefaultPayerSet:
      case Event::kSponsorshipPublished:
      case Event::kIdentityLinked:
      case Event::kUserDowngraded:
      case Event::kOrganizationSettingsSet:
      case Event::kOrganizationExpirySet:
      case Event::kPurchaseOrderRecorded:
      case Event::kPurchaseOrderAttached:
      case Event::kCreditRevoked:
      case Event::kCreditTookEffect:
      case Event::kBudgetSet:
      case Event::kBudgetRemoved:
      case Event::kFundsMovedOut:
      case Event::kFundsMovedIn:
      case Event::kTerminationOrdered:
      case Event::kSponsorshipHeld:
      case Event::kSponsorshipReturned:
      case Event::kSponsorshipCharged:
      case Event::kSponsorshipReversed:
      case Event::kChargeReversed:
      case Event::kQuarantineReleased:
      case Event::kQuarantineDiscarded:
      case Event::kProjectCreated:
      case Event::kCreditGranted:
      case Event::kCreditExpired:
      case Event::kPaymentRecorded:
      case Event::kSpendingLimitSet:
      case Event::kLimitIncreaseSuperseded:
      case Event::kHoldPlaced:
      case Event::kHoldExtended:
      case Event::kHoldCaptured:
      case Event::kHoldReleased:
      case Event::kHoldExpired:
      case Event::kActionDenied:
      case Event::kUsageCharged:
      case Event::kFundsRestored:
      case Event::kClockAdvanced:
      case Event::kLedgerRestored:
        return;
      case Event::KIND_NOT_SET:
        break;
    }
    BURSAR_CHECK(!"an event from a newer Bursar");
  }

  // People and organizations.

  void On(const storage::v1::UserRegistered& event) {
    storage::v1::PersonalData person;
    person.set_name(event.personal().name());
    person.set_email(event.personal().email());
    Put(Table::kPeople, event.user_id(), person);
  }

  void On(const storage::v1::OrganizationCreated& event) {
    storage::v1::OrganizationRow organization;
    organization.set_name(event.name());
    organization.add_admins(event.admin_user_id());
    Put(Table::kOrganizations, event.organization_id(), organization);
  }

  void On(const storage::v1::MemberInvited& event) {
    Put(Table::kInvitations, absl::StrCat(KeysOf(event.organization_id()), event.user_id()), event.access());
  }

  void On(const storage::v1::InvitationAccepted& event) {
    const auto access = Get<storage::v1::MemberAccess>(Table::kInvitations,
                                                       absl::StrCat(KeysOf(event.organization_id()), event.user_id()));
    SetAdmin(event.organization_id(), event.user_id(), access.admin());
  }

  void On(const storage::v1::MemberAccessSet& event) {
    SetAdmin(event.organization_id(), event.user_id(), event.access().admin());
  }

  void SetAdmin(const std::string& organization_id, const std::string& user, bool admin) {
    auto organization = Get<storage::v1::OrganizationRow>(Table::kOrganizations, organization_id);
    std::vector<std::string> admins(organization.admins().begin(), organization.admins().end());
    admins.erase(std::remove(admins.begin(), admins.end(), user), admins.end());
    if (admin) admins.insert(std::upper_bound(admins.begin(), admins.end(), user), user);
    organization.mutable_admins()->Assign(admins.begin(), admins.end());
    Put(Table::kOrganizations, organization_id, organization);
  }

  // Both addresses are told; from then on the merged user's name leads to whoever it is now.
  void On(const storage::v1::UsersMerged& event) {
    MessageRow message;
    message.set_kind(MessageRow::KIND_USER_ENDED);
    message.set_subject(absl::StrCat(event.from_user_id(), " is ", event.into_user_id(), " now"));
    std::string body = absl::StrCat("The two accounts were merged: ", event.reason(),
                                    ".\n\nAll ways to log in lead to ", event.into_user_id(), ".\n");
    for (const Event& beside : entry_.events()) {
      if (beside.has_funds_moved_in()) {
        const auto& moved = beside.funds_moved_in();
        absl::StrAppend(&body, "\nCredits and debts moved with it; funds are ",
                        Amount(moved.funds_after_micros(), moved.currency()), " now.\n");
      }
      if (beside.has_credit_revoked() && beside.credit_revoked().amount_micros() > 0) {
        const auto& revoked = beside.credit_revoked();
        absl::StrAppend(&body, "\nWhat was left of a credit was taken back, ",
                        Amount(revoked.amount_micros(), revoked.currency()), ": ", revoked.reason(), ".\n");
      }
    }
    message.set_body(body);
    const auto into = Person(event.into_user_id());
    Send(std::move(message), event.into_user_id(), {Person(event.from_user_id()), into});
    Put(Table::kPeople, event.from_user_id(), into);
  }

  void On(const storage::v1::UserClosed& event) {
    MessageRow message;
    message.set_kind(MessageRow::KIND_USER_ENDED);
    message.set_subject(absl::StrCat("The account of ", event.user_id(), " is closed"));
    message.set_body(
        "Nothing can be billed to it any more. Its history is kept, and what was used before is charged still.\n");
    Send(std::move(message), event.user_id(), {Person(event.user_id())});
  }

  // Who leaves knows; the admins are told then.
  void On(const storage::v1::MemberRemoved& event) {
    SetAdmin(event.organization_id(), event.user_id(), false);
    const bool left = entry_.principal() == event.user_id();
    MessageRow message;
    message.set_kind(MessageRow::KIND_MEMBER_REMOVED);
    message.set_subject(absl::StrCat(event.user_id(), " is no longer a member of ", event.organization_id()));
    message.set_body("Projects that were billed to it stay billed to it; new ones no longer can be.\n");
    Send(std::move(message), event.organization_id(),
         left ? PeopleBehind(event.organization_id()) : Addresses{Person(event.user_id())});
  }

  // Transfers of projects.

  void On(const storage::v1::ProjectTransferOffered& event) {
    const std::string project = ProjectId(event.project()).text();
    Put(Table::kTransfers, BigEndian(event.project()), event);
    TellOfTransfer(event.billing_account(), absl::StrCat("Will ", event.billing_account(), " pay for ", project, "?"),
                   absl::StrCat(event.user_id(), " asks that ", event.billing_account(), " pay for work in ", project,
                                " from now on. Accept or decline it; nothing changes until then.\n"),
                   PeopleBehind(event.billing_account()));
  }

  void On(const storage::v1::ProjectPayerSet& event) {
    const std::string project = ProjectId(event.project()).text();
    Addresses to = PeopleBehind(event.previous_billing_account());
    if (const std::string offerer = TakeOfferer(event.project()); !offerer.empty()) to.push_back(Person(offerer));
    TellOfTransfer(event.billing_account(), absl::StrCat(event.billing_account(), " pays for ", project, " now"),
                   absl::StrCat("Work in ", project, " was billed to ", event.previous_billing_account(),
                                " before. Credits stay where they are.\n"),
                   to);
  }

  void On(const storage::v1::ProjectTransferDeclined& event) {
    const std::string project = ProjectId(event.project()).text();
    const std::string offerer = TakeOfferer(event.project());
    const bool taken_back = entry_.principal() == offerer;
    TellOfTransfer(event.billing_account(), absl::StrCat(event.billing_account(), " is not to pay for ", project),
                   taken_back ? absl::StrCat(offerer, " took the offer back; nothing changes.\n")
                              : absl::StrCat(event.billing_account(), " declined; nothing changes.\n"),
                   taken_back ? PeopleBehind(event.billing_account()) : Addresses{Person(offerer)});
  }

  // Empty where the project is not offered.
  std::string TakeOfferer(uint64_t project) {
    const auto offered = Get<storage::v1::ProjectTransferOffered>(Table::kTransfers, BigEndian(project));
    Put(Table::kTransfers, BigEndian(project), storage::v1::ProjectTransferOffered());
    return offered.user_id();
  }

  void TellOfTransfer(const std::string& account, std::string subject, std::string body, const Addresses& to) {
    MessageRow message;
    message.set_kind(MessageRow::KIND_PROJECT_TRANSFER);
    message.set_subject(std::move(subject));
    message.set_body(std::move(body));
    Send(std::move(message), account, to);
  }

  // Setting up who pays.

  void On(const storage::v1::AccountUpgradeSubmitted& event) {
    auto setup = SetupOf(event.billing_account());
    SetAsked(setup, event.contact(), event.user_id());
    ForgetAssisted(setup);
    Put(Table::kSetups, event.billing_account(), setup);
  }

  void On(const storage::v1::VerificationSent& event) {
    auto setup = SetupOf(event.billing_account());
    if (!setup.selector().empty()) {
      auto old = Get<storage::v1::LinkRow>(Table::kLinks, setup.selector());
      old.set_superseded_at(entry_.position());
      Put(Table::kLinks, setup.selector(), old);
    }
    setup.set_selector(event.selector());
    if (setup.assisted_selector() == event.selector()) {
      SetAsked(setup, setup.assisted_contact(), setup.assisted_user_id());
      setup.clear_assisted_selector();
    }
    Put(Table::kSetups, event.billing_account(), setup);
    storage::v1::LinkRow link;
    link.set_expire_time(event.expire_time());
    Put(Table::kLinks, event.selector(), link);
    Send(VerificationMail(event, setup), event.billing_account(), {setup.contact()});
  }

  void On(const storage::v1::VerificationReminded& event) {
    const auto setup = SetupOf(event.billing_account());
    const auto link = Get<storage::v1::LinkRow>(Table::kLinks, event.selector());
    Send(ReminderMail(event, setup, link), event.billing_account(), {setup.contact()});
  }

  void On(const storage::v1::BillingDeclined& event) {
    CloseLink(event.selector());
    const auto setup = SetupOf(event.billing_account());
    const bool change = Beside([](const Event& beside) { return beside.has_billing_change_closed(); }) != nullptr;
    Send(DeclinedMessage(event, setup, change), event.billing_account(), {Person(setup.user_id())});
  }

  void On(const storage::v1::BillingConfirmed& event) {
    auto link = Get<storage::v1::LinkRow>(Table::kLinks, event.selector());
    link.set_used_at(entry_.position());
    Put(Table::kLinks, event.selector(), link);
    auto setup = SetupOf(event.billing_account());
    const storage::v1::PersonalData contact_before = setup.confirmed_contact();
    *setup.mutable_confirmed_contact() = Addressee(event.contact());
    ForgetAssisted(setup);
    Put(Table::kSetups, event.billing_account(), setup);
    if (event.change() == 0) return TellOfSetUp(event);
    Addresses told = PeopleBehind(event.billing_account());
    told.push_back(contact_before);
    Send(ContactChangedMessage(event), event.billing_account(), told);
  }

  void TellOfSetUp(const storage::v1::BillingConfirmed& event) {
    MessageRow message;
    message.set_kind(MessageRow::KIND_UPGRADE_COMPLETE);
    message.set_subject(absl::StrCat("Billing is set up for ", event.billing_account()));
    std::string body = absl::StrCat(event.contact().name(), " accepted to receive the bills of ",
                                    event.billing_account(), ", which can be spent from now on.\n");
    for (const Event& beside : entry_.events()) {
      if (beside.has_credit_granted()) {
        const storage::v1::CreditGranted& credit = beside.credit_granted();
        absl::StrAppend(&body, "\nA credit of ", Amount(credit.amount_micros(), credit.currency()), " was granted to ",
                        credit.billing_account(), ": ", credit.reason(), ".\n");
      }
      if (beside.has_promotion_lapsed()) {
        absl::StrAppend(&body, "\nThe promised credit was not granted: ", beside.promotion_lapsed().reason(), ".\n");
      }
    }
    message.set_body(body);
    Send(std::move(message), event.billing_account(), PeopleBehind(event.billing_account()));
  }

  // Of a purchase order. Of a contact: said by BillingConfirmed beside it.
  void On(const storage::v1::BillingChangeApplied& event) {
    if (event.purchase_order().empty()) return;
    Send(OrderChangedMessage(event), event.billing_account(), PeopleBehind(event.billing_account()));
  }

  void On(const storage::v1::BillingChangeRequested& event) {
    if (!event.has_contact()) return Send(ChangeRequestedMessage(event), event.billing_account(), Operators());
    auto setup = SetupOf(event.billing_account());
    SetAsked(setup, event.contact(), event.user_id());
    Put(Table::kSetups, event.billing_account(), setup);
  }

  void On(const storage::v1::BillingChangeClosed& event) {
    // Where it is not the change's, it has been used.
    CloseLink(SetupOf(event.billing_account()).selector());
  }

  void On(const storage::v1::AssistedSetupRequested& event) {
    auto setup = SetupOf(event.billing_account());
    ForgetAssisted(setup);
    setup.set_assisted_setup(event.setup());
    *setup.mutable_assisted_contact() = Addressee(event.contact());
    setup.set_assisted_user_id(event.user_id());
    Put(Table::kSetups, event.billing_account(), setup);
    Send(AssistedRequestedMessage(event), event.billing_account(), Operators());
  }

  void On(const storage::v1::AssistedSetupScheduled& event) {
    auto setup = SetupOf(event.billing_account());
    setup.set_assisted_selector(event.selector());
    Put(Table::kSetups, event.billing_account(), setup);
    Send(AssistedScheduledMessage(event, setup), event.billing_account(), {Person(setup.assisted_user_id())});
  }

  void On(const storage::v1::AssistedSetupMissed& event) {
    const auto setup = SetupOf(event.billing_account());
    const bool sent = setup.assisted_selector().empty();
    if (sent) CloseLink(setup.selector());
    // Whoever offers new slots knows.
    if (Beside([](const Event& beside) { return beside.has_assisted_setup_requested(); }) != nullptr) return;
    Send(AssistedMissedMessage(event), event.billing_account(), {Person(setup.assisted_user_id())});
  }

  storage::v1::SetupRow SetupOf(const std::string& account) {
    return Get<storage::v1::SetupRow>(Table::kSetups, account);
  }

  static storage::v1::PersonalData Addressee(const storage::v1::PersonalData& person) {
    storage::v1::PersonalData addressee;
    addressee.set_name(person.name());
    addressee.set_email(person.email());
    return addressee;
  }

  static void SetAsked(storage::v1::SetupRow& setup, const storage::v1::PersonalData& contact,
                       const std::string& user) {
    *setup.mutable_contact() = Addressee(contact);
    setup.set_user_id(user);
  }

  static void ForgetAssisted(storage::v1::SetupRow& setup) {
    setup.clear_assisted_setup();
    setup.clear_assisted_contact();
    setup.clear_assisted_user_id();
    setup.clear_assisted_selector();
  }

  void CloseLink(const std::string& selector) {
    auto link = Get<storage::v1::LinkRow>(Table::kLinks, selector);
    link.set_closed_at(entry_.position());
    Put(Table::kLinks, selector, link);
  }

  // By the form: said by BillingConfirmed beside it; by a merger: by that. As a member of an organization: said here,
  // once.
  void On(const storage::v1::UserUpgraded& event) {
    if (event.route() != storage::v1::UserUpgraded::ROUTE_ORGANIZATION) return;
    const std::string payer = OrganizationBehindUpgrade();
    if (payer.empty() || IsToldByConfirmation(event.user_id(), payer)) return;
    MessageRow message;
    message.set_kind(MessageRow::KIND_UPGRADE_COMPLETE);
    message.set_subject(absl::StrCat("Billing is set up for ", event.user_id()));
    message.set_body(absl::StrCat("You may bill projects and other actions to ", payer, " from now on.\n"));
    Send(std::move(message), payer, {Person(event.user_id())});
  }

  // Empty where the entry names none.
  std::string OrganizationBehindUpgrade() const {
    for (const Event& event : entry_.events()) {
      if (event.has_invitation_accepted()) return event.invitation_accepted().organization_id();
      if (event.has_member_access_set()) return event.member_access_set().organization_id();
      if (event.has_billing_confirmed()) return event.billing_confirmed().billing_account();
    }
    return "";
  }

  bool IsToldByConfirmation(const std::string& user, const std::string& organization_id) {
    const bool confirmed = std::any_of(entry_.events().begin(), entry_.events().end(),
                                       [](const Event& event) { return event.has_billing_confirmed(); });
    const auto organization = Get<storage::v1::OrganizationRow>(Table::kOrganizations, organization_id);
    return confirmed && std::count(organization.admins().begin(), organization.admins().end(), user) > 0;
  }

  // Limits.

  void On(const storage::v1::LimitIncreaseRequested& event) {
    Put(Table::kIncreases, BigEndian(event.increase()), event);
    const std::string increase = IncreaseId(event.increase()).text();
    MessageRow message;
    message.set_kind(MessageRow::KIND_LIMIT_INCREASE_REQUESTED);
    message.set_subject(absl::StrCat(increase, ": ", event.billing_account(), " asks for a limit of ",
                                     Amount(event.requested_limit_micros(), event.currency())));
    message.set_body(
        absl::StrCat("Account: ", event.billing_account(), "\nRequester: ", event.user_id(),
                     "\nLimit now: ", Amount(event.current_limit_micros(), event.currency()),
                     "\nLimit asked for: ", Amount(event.requested_limit_micros(), event.currency()),
                     "\nSpent in the last 30 days: ", Amount(event.spent_30_days_micros(), event.currency()),
                     "\nPurchase order: ", event.purchase_order().empty() ? "none" : event.purchase_order(),
                     "\nReason: ", event.reason().empty() ? "none given" : event.reason(),
                     event.expire_time() == 0 ? "" : absl::StrCat("\nDecide before: ", TimeText(event.expire_time())),
                     "\nIncrease: ", increase, "\n"));
    Send(std::move(message), event.billing_account(), Operators());
  }

  void On(const storage::v1::LimitIncreaseApproved& event) {
    const auto asked = Get<storage::v1::LimitIncreaseRequested>(Table::kIncreases, BigEndian(event.increase()));
    Decided(asked, "approved",
            absl::StrCat("The spending limit of ", event.billing_account(), " is ",
                         Amount(event.approved_limit_micros(), asked.currency()), " from now on; you asked for ",
                         Amount(asked.requested_limit_micros(), asked.currency()), ".\n", EndText(event, asked),
                         event.note().empty() ? "" : absl::StrCat("\n", event.note(), "\n")));
  }

  static std::string EndText(const storage::v1::LimitIncreaseApproved& event,
                             const storage::v1::LimitIncreaseRequested& asked) {
    if (event.end_time() == 0) return "";
    return absl::StrCat("\nIt ends at ", TimeText(event.end_time()), "; the limit is ",
                        Amount(event.previous_limit_micros(), asked.currency()), " after that.\n");
  }

  void On(const storage::v1::LimitIncreaseWithdrawn& event) {
    const auto asked = Get<storage::v1::LimitIncreaseRequested>(Table::kIncreases, BigEndian(event.increase()));
    Send(IncreaseWithdrawnMessage(asked), asked.billing_account(), Operators());
  }

  void On(const storage::v1::LimitIncreaseExpired& event) {
    const auto asked = Get<storage::v1::LimitIncreaseRequested>(Table::kIncreases, BigEndian(event.increase()));
    Send(IncreaseExpiredMessage(asked), asked.billing_account(), {Person(asked.user_id())});
  }

  void On(const storage::v1::LimitIncreaseEnded& event) {
    const Event* set = Beside([&](const Event& beside) {
      return beside.has_spending_limit_set() &&
             beside.spending_limit_set().billing_account() == event.billing_account();
    });
    BURSAR_CHECK(set != nullptr);
    Send(IncreaseEndedMessage(set->spending_limit_set()), event.billing_account(),
         PeopleBehind(event.billing_account()));
  }

  void On(const storage::v1::LimitIncreaseDenied& event) {
    const auto asked = Get<storage::v1::LimitIncreaseRequested>(Table::kIncreases, BigEndian(event.increase()));
    Decided(asked, "denied",
            absl::StrCat("The spending limit of ", event.billing_account(), " stays as it is; you asked for ",
                         Amount(asked.requested_limit_micros(), asked.currency()), ".\n\nReason: ", event.reason(),
                         "\n\nYou may ask again.\n"));
  }

  void Decided(const storage::v1::LimitIncreaseRequested& asked, absl::string_view decision, std::string body) {
    MessageRow message;
    message.set_kind(MessageRow::KIND_LIMIT_INCREASE_DECIDED);
    message.set_subject(absl::StrCat("Your request for a higher limit of ", asked.billing_account(), " is ", decision));
    message.set_body(std::move(body));
    Send(std::move(message), asked.billing_account(), {Person(asked.user_id())});
  }

  // Funds.

  // Not of an account that ends in this very entry: its people are told that instead.
  void On(const storage::v1::FundsThresholdCrossed& event) {
    if (EndsHere(event.billing_account())) return;
    const bool out = event.percent() >= 100;
    const std::string funds = Amount(event.funds_micros(), event.currency());
    const std::string base = Amount(event.base_micros(), event.currency());
    MessageRow message;
    message.set_kind(out ? MessageRow::KIND_OUT_OF_FUNDS : MessageRow::KIND_FUNDS_THRESHOLD);
    if (out) {
      message.set_subject(absl::StrCat(event.billing_account(), " is out of funds"));
      message.set_body(absl::StrCat("Funds are ", funds, " of ", base,
                                    ". Gated actions are denied until funds rise: ask for a higher limit, or pay what "
                                    "is outstanding. Nothing is deleted.\n"));
    } else {
      message.set_subject(absl::StrCat(event.billing_account(), " has used ", event.percent(), " % of its funds"));
      message.set_body(absl::StrCat("Funds are ", funds, " of ", base, ".\n"));
    }
    Send(std::move(message), event.billing_account(), PeopleBehind(event.billing_account()));
  }

  bool EndsHere(const std::string& account) const {
    return std::any_of(entry_.events().begin(), entry_.events().end(), [&](const Event& event) {
      return event.users_merged().from_user_id() == account || event.user_closed().user_id() == account;
    });
  }

  // Usage.

  void On(const storage::v1::UsageQuarantined& event) {
    const std::string id = QuarantineId(event.quarantine()).text();
    MessageRow message;
    message.set_kind(MessageRow::KIND_USAGE_QUARANTINED);
    message.set_subject(absl::StrCat(id, ": a usage record of ", event.billing_account(), " was set aside"));
    message.set_body(
        absl::StrCat(event.problem(), "\n\nAccount: ", event.billing_account(), "\nUser: ", event.user_id(),
                     "\nSKU: ", event.sku(), "\nRegion: ", event.region().empty() ? "none" : event.region(),
                     "\nQuantity: ", event.quantity(), "\nUsed at: ", TimeText(event.usage_time()),
                     "\n\nIt is not charged. Release it, perhaps with another quantity: ", "bursar usage release ", id,
                     "; or throw it away: bursar usage discard ", id, "\n"));
    Send(std::move(message), event.billing_account(), Operators());
  }

  // Whom to tell.

  storage::v1::PersonalData Person(const std::string& user) {
    auto person = Get<storage::v1::PersonalData>(Table::kPeople, user);
    if (person.name().empty()) person.set_name(user);
    return person;
  }

  static Addresses Operators() {
    storage::v1::PersonalData operators;
    operators.set_name("operators");
    return {operators};
  }

  // The first event of the entry that `is` says yes to; nullptr where there is none.
  template <class Is>
  const Event* Beside(Is is) const {
    const auto found = std::find_if(entry_.events().begin(), entry_.events().end(), is);
    return found == entry_.events().end() ? nullptr : &*found;
  }

  // The owner of a personal billing account, the admins of an organization's.
  Addresses PeopleBehind(const std::string& account) {
    if (BillingAccountId::Trusted(account).user().has_value()) return {Person(account)};
    Addresses admins;
    const auto organization = Get<storage::v1::OrganizationRow>(Table::kOrganizations, account);
    for (const std::string& admin : organization.admins()) admins.push_back(Person(admin));
    return admins;
  }

  void Send(MessageRow message, const std::string& account, const Addresses& to) {
    message.set_commit_time(entry_.commit_time());
    message.set_billing_account(account);
    std::set<std::string> told;
    for (const auto& person : to) {
      const std::string& who = person.email().empty() ? person.name() : person.email();
      if (told.insert(who).second) *message.add_to() = person;
    }
    const std::string key = KeyOf({.position = entry_.position(), .index = sent_++});
    Put(Table::kMessages, key, message);
    batch_.Put(Table::kMessagesByAccount, absl::StrCat(KeysOf(account), key), "");
    batch_.Put(Table::kMessagesByKind, absl::StrCat(KindPrefix(message.kind()), key), "");
  }

  // Rows.

  template <class Message>
  void Put(Table table, const std::string& key, const Message& message) {
    batch_.Put(table, key, message.SerializeAsString());
  }

  // Empty where there is no row.
  template <class Message>
  Message Get(Table table, const std::string& key) {
    Message message;
    const std::optional<std::string> row = batch_.Get(table, key);
    if (row.has_value() && !message.ParseFromString(*row)) batch_.Fail(Unreadable(message.GetTypeName()));
    return message;
  }

  const storage::v1::Entry& entry_;
  Batch& batch_;
  uint64_t sent_ = 0;
};

LinkState StateOf(const storage::v1::LinkRow& link, absl::Time now) {
  if (link.used_at() != 0) return LinkState::kUsed;
  if (link.closed_at() != 0) return LinkState::kClosed;
  if (link.superseded_at() != 0) return LinkState::kSuperseded;
  return now < absl::FromUnixMicros(link.expire_time()) ? LinkState::kOpen : LinkState::kExpired;
}

// What stands in a message in the place of a link that no longer works.
const char* WhyDead(LinkState link) {
  switch (link) {
    case LinkState::kUsed:
      return "(the link was used)";
    case LinkState::kSuperseded:
      return "(the link is dead: a newer one was mailed)";
    case LinkState::kExpired:
      return "(the link has expired)";
    case LinkState::kClosed:
      return "(the link is dead: nobody asks for it any more)";
    case LinkState::kNone:
    case LinkState::kOpen:
      break;
  }
  BURSAR_CHECK(!"a dead link");
}

}  // namespace

std::optional<MessageId> MessageId::Parse(absl::string_view text) {
  const absl::string_view prefix = kMessagePrefix;
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  const std::vector<absl::string_view> numbers = absl::StrSplit(text.substr(prefix.size()), '-');
  MessageId id;
  if (numbers.size() != 2 || !absl::SimpleAtoi(numbers[0], &id.position) || !absl::SimpleAtoi(numbers[1], &id.index)) {
    return std::nullopt;
  }
  return id.position > 0 && id.text() == text ? std::optional<MessageId>(id) : std::nullopt;
}

std::string MessageId::text() const { return absl::StrCat(kMessagePrefix, position, "-", index); }

void Outbox::Apply(const storage::v1::Entry& entry, Batch& batch) { Taking(entry, batch).All(); }

absl::StatusOr<MessagePage> Outbox::List(const MessageQuery& query, const LinkKey& key, absl::Time now) const {
  Table table = Table::kMessages;
  std::string prefix;
  if (!query.account.empty()) {
    table = Table::kMessagesByAccount;
    prefix = KeysOf(query.account.text());
  } else if (query.kind.has_value()) {
    table = Table::kMessagesByKind;
    prefix = KindPrefix(*query.kind);
  }

  MessagePage page;
  absl::Status status;
  // False ends the walk.
  const auto add = [&](MessageId id) {
    absl::StatusOr<Message> message = Read(id, key, now);
    status.Update(message.status());
    if (!status.ok()) return false;
    if (query.kind.has_value() && message->kind != *query.kind) return true;
    page.more = page.messages.size() == query.limit;
    if (!page.more) page.messages.push_back(*std::move(message));
    return !page.more;
  };

  if (!query.newest_first) {
    std::string from;
    if (query.after.has_value()) from = KeyOf({.position = query.after->position, .index = query.after->index + 1});
    status.Update(store_.Scan(table, prefix, from, [&](const Row& row) { return add(IdOfKey(row.key)); }));
  } else {
    constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();
    MessageId upto = query.after.has_value() ? Before(*query.after) : MessageId{.position = kEnd, .index = kEnd};
    while (true) {
      const auto row = store_.LastAtOrBelow(table, prefix, KeyOf(upto));
      status.Update(row.status());
      if (!row.ok() || !row->has_value() || !add(IdOfKey((*row)->key))) break;
      upto = Before(IdOfKey((*row)->key));
    }
  }
  if (!status.ok()) return status;
  return page;
}

absl::StatusOr<Message> Outbox::Read(MessageId id, const LinkKey& key, absl::Time now) const {
  const auto stored = store_.Get(Table::kMessages, KeyOf(id));
  if (!stored.ok()) return stored.status();
  MessageRow row;
  if (!stored->has_value() || !row.ParseFromString(**stored)) return Unreadable(id.text());
  Message message{.id = id,
                  .kind = row.kind(),
                  .subject = row.subject(),
                  .body = row.body(),
                  .create_time = absl::FromUnixMicros(row.commit_time()),
                  .account = BillingAccountId::Trusted(row.billing_account())};
  for (const storage::v1::PersonalData& person : row.to()) message.to.push_back({person.name(), person.email()});
  if (row.selector().empty()) return message;

  const auto stored_link = store_.Get(Table::kLinks, row.selector());
  if (!stored_link.ok()) return stored_link.status();
  storage::v1::LinkRow link;
  if (!stored_link->has_value() || !link.ParseFromString(**stored_link)) return Unreadable("a link");
  message.link = StateOf(link, now);
  if (message.link == LinkState::kOpen) message.token = key.Token(row.selector());
  absl::StrAppend(
      &message.body,
      message.link == LinkState::kOpen ? absl::StrCat("bursar billing confirm ", message.token) : WhyDead(message.link),
      "\n");
  return message;
}

}  // namespace bursar
