// The laws of Bursar, checked after every step against a model that shares no code with the ledger's own sums:
//
//   postings are zero per currency; nothing is admitted beyond funds; each micro is in exactly one place; what goes
//   back goes to exactly where it came from; a refusal or denial names every rule that was binding, and no other;
//   positions have no gaps and time does not go back; what an event says of funds and thresholds is so.
//
// One of these follows one ledger from its first entry.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/principal.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/state.h"
#include "tests/laws/model.h"

namespace bursar::laws {

// How often something happened that is easily missed; a run that never came across one of them proves less than it
// says.
class Sightings {
 public:
  Sightings();
  void Saw(const std::string& what);
  // Those that never happened.
  std::vector<std::string> Missing() const;
  const std::map<std::string, int64_t>& counts() const { return counts_; }

 private:
  std::map<std::string, int64_t> counts_;
};

class Laws {
 public:
  // Both outlive it.
  Laws(const State& state, Sightings& sightings) : state_(state), sightings_(sightings) {}

  // What followed from a command, in the order in which commands were given; `Written` when `state` has followed.
  void Refused(const Command& command, const Principal& principal, int64_t now, const absl::Status& status);
  void NothingToWrite(const Command& command, const Principal& principal, int64_t now, const Decision& decision);
  void Written(const Command& command, const Principal& principal, const storage::v1::Entry& entry);

  // As after a step, for every account; and that the state's own indices agree with each other.
  void CheckEverything();

  // The first law that was broken, in words; empty while all hold.
  const std::string& broken() const { return broken_; }
  const Model& model() const { return model_; }

 private:
  // What an event says of funds afterwards.
  struct Claim {
    std::string account;
    std::string action;  // empty: anything
    int64_t funds = 0;
  };
  // What is checked once all events of an entry have been taken in.
  struct Step {
    const Command& command;
    const Principal& principal;
    const storage::v1::Entry& entry;
    int64_t now = 0;
    std::vector<Claim> claims;
    std::map<std::string, int32_t> crossed_before;  // of the accounts whose money moved
    std::optional<ModelQuarantine> released;        // by an event before
  };

  template <class... Words>
  void Law(bool holds, const Words&... words) {
    if (!holds && broken_.empty()) broken_ = absl::StrCat(words...);
  }
  void Saw(const std::string& what) { sightings_.Saw(what); }
  void SawIf(bool happened, const char* what) {
    if (happened) sightings_.Saw(what);
  }

  void CheckPermission(const Command& command, const Principal& principal, bool refused);
  void CheckPostings(const storage::v1::Event& event);
  void CheckBooks(const std::string& id, const ModelAccount& account);
  void CheckAccount(const std::string& id);
  void CheckHolds(const std::string& id, const Balance& balance);
  void CheckNotices(const Step& step);

  void CheckEvent(const storage::v1::Event& event, Step& step);

  // laws_people.cc
  void CheckPeople(const storage::v1::Event& event, Step& step);
  void On(const storage::v1::UsersMerged& event, Step& step);
  void On(const storage::v1::UserClosed& event, Step& step);
  void On(const storage::v1::MemberRemoved& event, Step& step);
  void On(const storage::v1::ProjectPayerSet& event, Step& step);
  void On(const storage::v1::ProjectTransferOffered& event, Step& step);
  void On(const storage::v1::FundsMovedOut& event, Step& step);
  void On(const storage::v1::FundsMovedIn& event, Step& step);
  // Once the entry has been taken in.
  void CheckMembers(const storage::v1::Entry& entry);
  void CheckMerger(const storage::v1::UsersMerged& event);
  void CheckDefaultPayer(const std::string& user);
  // False where these laws have nothing to say of the command.
  bool RefusedPeople(const Command& command, const std::string& reason, const Principal& principal);
  bool NamesClosed(const Command& command, const Principal& principal) const;

  void On(const storage::v1::PromotionLapsed& event, Step& step);
  void On(const storage::v1::ProjectCreated& event, Step& step);
  void On(const storage::v1::CreditGranted& event, Step& step);
  void On(const storage::v1::CreditTookEffect& event, Step& step);
  void On(const storage::v1::CreditExpired& event, Step& step);
  void On(const storage::v1::PaymentRecorded& event, Step& step);
  void On(const storage::v1::SpendingLimitSet& event, Step& step);
  void On(const storage::v1::LimitIncreaseRequested& event, Step& step);
  void On(const storage::v1::LimitIncreaseSuperseded& event, Step& step);
  void On(const storage::v1::LimitIncreaseApproved& event, Step& step);
  void On(const storage::v1::LimitIncreaseDenied& event, Step& step);
  void On(const storage::v1::HoldPlaced& event, Step& step);
  void On(const storage::v1::HoldExtended& event, Step& step);
  void On(const storage::v1::HoldCaptured& event, Step& step);
  void On(const storage::v1::HoldReleased& event, Step& step);
  void On(const storage::v1::HoldExpired& event, Step& step);
  void On(const storage::v1::ActionDenied& event, Step& step);
  void On(const storage::v1::UsageCharged& event, Step& step);
  void On(const storage::v1::BudgetSet& event, Step& step);
  void On(const storage::v1::BudgetRemoved& event);

  // laws_billing.cc
  void CheckBillingEvent(const storage::v1::Event& event, Step& step);
  void On(const storage::v1::VerificationSent& event, Step& step);
  void On(const storage::v1::VerificationReminded& event, Step& step);
  void On(const storage::v1::BillingConfirmed& event, Step& step);
  void On(const storage::v1::BillingDeclined& event, Step& step);
  void On(const storage::v1::BillingChangeRequested& event, Step& step);
  void On(const storage::v1::BillingChangeApplied& event, Step& step);
  void On(const storage::v1::BillingChangeClosed& event, Step& step);
  void On(const storage::v1::AssistedSetupRequested& event, Step& step);
  void On(const storage::v1::AssistedSetupScheduled& event, Step& step);
  void On(const storage::v1::AssistedSetupMissed& event, Step& step);
  void On(const storage::v1::PurchaseOrderRecorded& event, Step& step);
  void On(const storage::v1::PurchaseOrderAttached& event, Step& step);
  void On(const storage::v1::LimitIncreaseWithdrawn& event, Step& step);
  void On(const storage::v1::LimitIncreaseExpired& event, Step& step);
  void On(const storage::v1::LimitIncreaseEnded& event, Step& step);
  void RefusedLink(const std::string& selector, const std::string& secret_hash, bool confirms,
                   const std::string& reason, int64_t now);
  // False where the command is none of these topics.
  bool RefusedBilling(const Command& command, const std::string& reason, int64_t now);
  void CheckSetup(const std::string& id, const ModelAccount& model);
  void CheckDueOfBilling();

  // laws_usage.cc
  void CheckUndoing(const storage::v1::Event& event, Step& step);
  void On(const storage::v1::CreditRevoked& event, Step& step);
  void On(const storage::v1::ChargeReversed& event, Step& step);
  void On(const storage::v1::SponsorshipReversed& event, Step& step);
  void On(const storage::v1::SponsorshipCharged& event, Step& step);
  void On(const storage::v1::UsageQuarantined& event, Step& step);
  void On(const storage::v1::QuarantineReleased& event, Step& step);
  void On(const storage::v1::QuarantineDiscarded& event, Step& step);
  // The next `amount` from the end of what was drawn, of which `before` has gone back.
  void CheckReversed(const google::protobuf::RepeatedPtrField<storage::v1::Part>& returned, const ModelParts& drawn,
                     int64_t before, int64_t amount, const ModelAccount& account);
  template <class ReversingEvent>
  void CheckPrepaid(const ReversingEvent& event, const ModelAccount& account);
  // That a sponsor pays its part of `cost`, no more and no less.
  void CheckShare(const storage::v1::UsageCharged& event, int64_t cost, const Step& step);
  // False where the command is another.
  bool RefusedUndoing(const Command& command, const std::string& reason, int64_t now);
  // Whether usage of this quantity is to be set aside.
  bool CannotBeRight(const Metered& asked, const ModelAccount& account, int64_t now) const;
  void Touch(Step& step, const std::string& account) {
    step.crossed_before.emplace(account, model_.accounts.at(account).crossed_percent);
  }

  void CheckAdmission(const ModelAccount& account, const std::string& action, int64_t cost, const ModelParts& parts,
                      int64_t now);
  void CheckReturn(const google::protobuf::RepeatedPtrField<storage::v1::Part>& returned, const ModelParts& owed,
                   const ModelAccount& account);
  void CheckMetered(const storage::v1::MeteredQuantity& metered, const Metered& asked, int64_t amount,
                    const ModelAccount& account, int64_t now);
  void CheckBindings(const storage::v1::ActionDenied& denial, const ModelVerdict& verdict, int64_t now);
  // What a denial says of what was asked, and that it is right; whether or not it was written.
  void CheckDenial(const storage::v1::ActionDenied& denial, const Command& command, int64_t now);
  void Unwritten(const Command& command, const Decision& decision, int64_t now);
  void CheckBudgetUses(const google::protobuf::RepeatedPtrField<storage::v1::BudgetUse>& uses,
                       const ModelCharge& charge, int64_t now);
  void CheckBudgets(const BillingAccount& account);
  // That exactly the work that runs on nothing was told to stop.
  void CheckOrders(const Step& step);
  // Whether the quantity cannot be charged, for this reason. `held` is what is set aside for it.
  bool CannotPrice(const std::string& reason, const Metered& asked, const ModelAccount& account, int64_t held,
                   int64_t now);
  void RefusedCapture(const std::string& reason, const CaptureHold& capture, int64_t now);

  void RefusedGate(const std::string& reason, const GatedAction& asked, bool hold, bool bad_expiry, int64_t now);
  void RefusedOf(const Command& command, const std::string& reason, const Principal& principal, int64_t now);

  const State& state_;
  Sightings& sightings_;
  Model model_;
  std::string broken_;
  Position position_ = 0;
  int64_t time_ = 0;
  // By currency and account of the books; by billing account and account of the books.
  std::map<std::pair<std::string, int>, int64_t> books_;
  std::map<std::pair<std::string, int>, int64_t> books_of_account_;
  // Denials that were written.
  struct Denial {
    int64_t time = 0;
    std::string like;
    int64_t cost = 0;
  };
  std::map<Position, Denial> denials_;
  // By what makes them alike.
  std::map<std::string, Position> latest_denials_;
};

}  // namespace bursar::laws
