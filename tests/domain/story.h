// A ledger without log or threads, for tests of three lines: commands are decided and applied as the writer does it,
// and the laws of money are checked after every entry.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/base/principal.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/refusals.h"
#include "ledger/domain/state.h"

namespace bursar {

using storage::v1::Entry;
using storage::v1::Event;

// "50" or "31.37" units.
Money Usd(const std::string& amount);

UserId Named(const std::string& handle);
BillingAccountId AccountOfUser(const std::string& handle);
Principal As(const std::string& principal);

inline const UserId kAda = Named("ada");
inline const UserId kBob = Named("bob");
inline const UserId kEve = Named("eve");
inline const BillingAccountId kAdas = AccountOfUser("ada");
inline const BillingAccountId kBobs = AccountOfUser("bob");
inline const OrganizationId kLab = OrganizationId::OfHandle("lab");
inline const BillingAccountId kLabs = BillingAccountId(kLab);

constexpr char kPartner[] = "sjcloudplatform";
constexpr char kRegion[] = "azure:westus";
// The partner's identity providers: of an institution, and of the house.
constexpr char kIssuer[] = "https://login.example.org";
constexpr char kHouse[] = "https://house.example.org";
constexpr MemberAccess kMayBill = {.admin = false, .allow_billable_activities = true};
constexpr MemberAccess kMayNotBill = {.admin = false, .allow_billable_activities = false};

// An "analysis.run".
GatedAction Job(const UserId& user, Money cost, const BillingAccountId& bill_to = {});
GatedAction Asking(const std::string& action, const UserId& user, Money cost = Money());

RegisterUser Registration(const std::string& handle, const std::string& partner = kPartner);
SubmitAccountUpgrade UpgradeForm(const BillingAccountId& account, const UserId& user, const std::string& link = "1");
// The link of an UpgradeForm or a ResendVerification with the same name, opened.
ConfirmBilling Opened(const std::string& link);
LinkSeed Link(const std::string& name);
RecordUsage CoreHours(const UserId& user, int64_t hours, const BillingAccountId& bill_to = {});

// Begins with published policy: the partner with two identity providers and a promotion of 50.00 USD, terms and pricing
// of version "1", the catalogue, and price lists in USD and GBP (a core-hour of compute.mem1 is 0.143 and 0.12).
class Story {
 public:
  Story();
  // Replays the entries: the state that follows is this one.
  ~Story();
  Story(const Story&) = delete;
  Story& operator=(const Story&) = delete;

  // Given by whoever gives such a command in everyday life: the user it names, an admin, the portal or an operator.
  // An allowed check is answered by an entry without events; what repeats an earlier entry, by that one; a denial like
  // one on record by an entry that is not among entries().
  absl::StatusOr<Entry> Do(const Command& command) { return Do(command, Usual(command)); }
  absl::StatusOr<Entry> Do(const Command& command, const Principal& principal);
  // Ends the test program where it is refused.
  Entry Must(const Command& command) { return Must(command, Usual(command)); }
  Entry Must(const Command& command, const Principal& principal);

  // Ready-made chapters. Billing set up for a user of the partner: 50.00 of promotion credit.
  void Upgrade(const std::string& handle);
  // An organization with billing set up, the admin and nothing to spend.
  void OpenLab(const std::string& admin, bool hides_admins = false);
  void Join(const OrganizationId& organization, const std::string& handle, const MemberAccess& access);
  // Ada is admin of the lab, which has a limit of 1,000; bob may bill to it, eve may not. Nobody has a promotion.
  void FundedLab(bool hides_admins = false);
  HoldId Hold(const GatedAction& action);
  // What undoes the charge that an entry made, wholly.
  ReverseCharge Reversal(const Entry& charge, ReversalCause cause = ReversalCause::kCorrection) const;
  // Written without being decided.
  Entry Write(const std::vector<Event>& events);

  void Pass(absl::Duration duration) { now_ += duration; }
  absl::Time now() const { return now_; }
  const State& state() const { return state_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const BillingAccount& Account(const BillingAccountId& id) const { return *state_.Find(id); }
  Money Funds(const BillingAccountId& id) const { return Account(id).balance.Funds(now_); }
  // How often an event of this kind happened.
  int Count(Event::KindCase kind) const;

 private:
  Principal Usual(const Command& command) const;
  absl::StatusOr<Decision> Decided(const Command& command, const Principal& principal) const;
  const Entry& Append(const Decision& decision, const Principal& principal);
  void CheckLaws() const;
  void CheckBooks(const Event& event) const;
  void CheckSaidFunds(const Event& event) const;
  void CheckMoney() const;
  void CheckBudgets() const;
  void CheckSponsors() const;

  State state_;
  absl::Time now_ = absl::FromCivil(absl::CivilSecond(2026, 3, 2, 9, 0, 0), absl::UTCTimeZone());
  std::vector<Entry> entries_;
};

// The first event of that kind in an entry; nullptr where there is none.
inline const Event* FindEvent(const Entry& entry, Event::KindCase kind) {
  for (const Event& event : entry.events()) {
    if (event.kind_case() == kind) return &event;
  }
  return nullptr;
}

MATCHER_P(IsRefused, reason, std::string("is refused with ") + NameOf(reason)) {
  *result_listener << "which is " << (arg.ok() ? "OK" : std::string(arg.status().message()));
  return !arg.ok() && ReasonOf(arg.status()) == NameOf(reason);
}

MATCHER_P(Says, words, std::string("says '") + words + "'") {
  *result_listener << "which is " << (arg.ok() ? "OK" : std::string(arg.status().message()));
  return !arg.ok() && std::string(arg.status().message()).find(words) != std::string::npos;
}

MATCHER(IsAllowed, "") {
  if (!arg.ok()) *result_listener << arg.status().message();
  return arg.ok() && FindEvent(*arg, Event::kActionDenied) == nullptr;
}

// Denied by `reason`, with so much available.
MATCHER_P2(Denies, reason, available, std::string("denies with ") + NameOf(reason)) {
  const Event* event = arg.ok() ? FindEvent(*arg, Event::kActionDenied) : nullptr;
  if (event == nullptr) return false;
  const auto& binding = event->action_denied().bindings(0);
  *result_listener << "which is " << event->action_denied().ShortDebugString();
  return binding.reason() == NameOf(reason) && binding.available_micros() == available.micros();
}

}  // namespace bursar
