#include "tests/nemesis/books.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/limit.pb.h"

namespace bursar::nemesis {
namespace {

const std::set<std::string>& WithoutMoney() {
  static const auto* const types = new std::set<std::string>{
      "TermsPublished",       "ActionCataloguePublished", "PriceListPublished", "UserRegistered",
      "BillingAccountOpened", "AccountUpgradeSubmitted",  "VerificationSent",   "BillingConfirmed",
      "UserUpgraded",         "FundsThresholdCrossed",    "FundsRestored",      "TerminationOrdered",
      "DefaultPayerSet"};
  return *types;
}

// One event's attributes.
class Facts {
 public:
  explicit Facts(const v1::Event& event) : event_(event) {}

  // What is not said is empty or zero.
  std::string Text(const std::string& name) const {
    for (const auto& attribute : event_.attributes()) {
      if (attribute.name() == name) return attribute.value();
    }
    return "";
  }
  int64_t Number(const std::string& name) const {
    int64_t number = 0;
    if (!absl::SimpleAtoi(Text(name), &number)) return 0;
    return number;
  }
  bool Says(const std::string& name) const { return !Text(name).empty(); }
  // Of all parts of a list, as "drawn".
  int64_t SumOf(const std::string& list) const {
    int64_t sum = 0;
    for (const auto& attribute : event_.attributes()) {
      int64_t amount = 0;
      const bool is_part = absl::StartsWith(attribute.name(), absl::StrCat(list, "[")) &&
                           absl::EndsWith(attribute.name(), "].amount_micros");
      if (is_part && absl::SimpleAtoi(attribute.value(), &amount)) sum += amount;
    }
    return sum;
  }

 private:
  const v1::Event& event_;
};

}  // namespace

struct Books::Reader {
  Books& books;
  Findings& findings;
  std::map<std::string, Standing> now;
  // What each open hold holds.
  std::map<std::string, int64_t> holds;
  Position position = 0;

  void Say(const std::string& sentence) { findings.push_back(absl::StrCat("Entry ", position, " ", sentence)); }

  void Admit(Standing& standing, const std::string& hold, int64_t amount, bool gated) {
    if (gated && standing.funds() < std::max<int64_t>(amount, 1)) {
      Say(absl::StrCat("admits ", amount, " to ", hold, " where there are funds of ", standing.funds(), "."));
    }
    standing.held += amount;
    holds[hold] += amount;
  }

  // Takes from an open hold.
  void Take(Standing& standing, const std::string& hold, int64_t amount, bool last) {
    const auto found = holds.find(hold);
    if (found == holds.end()) return Say(absl::StrCat("ends or captures ", hold, ", which is not open."));
    found->second -= amount;
    standing.held -= amount;
    if (found->second < 0 || (last && found->second != 0)) {
      Say(absl::StrCat("leaves ", found->second, " in ", hold, last ? ", which it closes." : "."));
    }
    if (last) {
      standing.held -= found->second;
      holds.erase(found);
    }
  }

  void Capture(Standing& standing, const Facts& facts) {
    const std::string hold = facts.Text("hold");
    if (facts.SumOf("beyond") > 0 && facts.SumOf("drawn") != holds[hold]) {
      Say(absl::StrCat("draws beyond ", hold, ", which has not used up what it holds."));
    }
    Take(standing, hold, facts.SumOf("drawn") + facts.SumOf("returned"), facts.Text("closed") == "true");
    standing.charged += facts.SumOf("drawn") + facts.SumOf("beyond");
  }

  void Deny(const Standing& standing, const Facts& facts) {
    if (facts.Text("bindings[0].reason") != "SPENDING_LIMIT_EXCEEDED") return;
    const int64_t available = facts.Number("bindings[0].available_micros");
    if (available != standing.funds() || available >= std::max<int64_t>(facts.Number("cost_micros"), 1)) {
      Say(absl::StrCat("denies ", facts.Number("cost_micros"), " since there are funds of ", available,
                       ", and there are ", standing.funds(), "."));
    }
  }

  void Read(const v1::Event& event) {
    const Facts facts(event);
    const std::string& type = event.type();
    const std::string account = facts.Text("billing_account");
    Standing& standing = now[account];
    if (type == "CreditGranted") {
      standing.granted += facts.Number("amount_micros");
    } else if (type == "SpendingLimitSet") {
      standing.limit = facts.Number("limit_micros");
    } else if (type == "HoldPlaced") {
      Admit(standing, facts.Text("hold"), facts.SumOf("parts"), true);
    } else if (type == "HoldExtended") {
      Admit(standing, facts.Text("hold"), facts.SumOf("parts"), facts.SumOf("parts") > 0);
    } else if (type == "HoldCaptured") {
      Capture(standing, facts);
    } else if (type == "HoldReleased" || type == "HoldExpired") {
      Take(standing, facts.Text("hold"), facts.SumOf("returned"), true);
    } else if (type == "UsageCharged") {
      standing.charged += facts.SumOf("drawn");
    } else if (type == "ActionDenied") {
      Deny(standing, facts);
    } else if (WithoutMoney().count(type) == 0) {
      Say(absl::StrCat("is of a kind that these books do not know: ", type, "."));
    }
    if (facts.Says("funds_after_micros") && facts.Number("funds_after_micros") != standing.funds()) {
      Say(absl::StrCat("says that ", account, " has funds of ", facts.Number("funds_after_micros"), ", and it has ",
                       standing.funds(), "."));
    }
    books.standings_[account][position] = standing;
  }
};

Books::Books(const std::vector<v1::Entry>& entries, Findings& findings) {
  Reader reader{.books = *this, .findings = findings, .now = {}, .holds = {}};
  for (const v1::Entry& entry : entries) {
    reader.position = entry.position();
    for (const v1::Event& event : entry.events()) reader.Read(event);
  }
}

Standing Books::At(const std::string& account, Position position) const {
  const auto found = standings_.find(account);
  if (found == standings_.end()) return {};
  const auto after = found->second.upper_bound(position);
  return after == found->second.begin() ? Standing() : std::prev(after)->second;
}

namespace {

// Compares what one answer says with the books.
class AnswerCheck {
 public:
  AnswerCheck(const Call& call, const Books& books, Findings& findings)
      : call_(call), books_(books), findings_(findings) {}

  // As of the position that the answer names.
  void Says(const std::string& account, const char* what, int64_t said, int64_t Standing::*member) {
    Compare(account, what, said, Standing(Booked(account)).*member);
  }
  void SaysFunds(const std::string& account, int64_t said) { Compare(account, "funds", said, Booked(account).funds()); }

 private:
  Standing Booked(const std::string& account) const { return books_.At(account, PositionOf(*call_.answer)); }

  void Compare(const std::string& account, const char* what, int64_t said, int64_t booked) {
    if (said == booked) return;
    findings_.push_back(absl::StrCat(call_.request->GetDescriptor()->name(), " by client ", call_.client, " was told ",
                                     what, " of ", said, " of ", account, " at position ", PositionOf(*call_.answer),
                                     "; by the log it was ", booked, "."));
  }

  const Call& call_;
  const Books& books_;
  Findings& findings_;
};

void CheckBalance(const v1::Balance& balance, AnswerCheck& check) {
  const std::string& account = balance.billing_account();
  check.SaysFunds(account, balance.funds_micros());
  check.Says(account, "a limit", balance.limit_micros(), &Standing::limit);
  check.Says(account, "held money", balance.held_micros(), &Standing::held);
  check.Says(account, "charges", balance.charged_micros(), &Standing::charged);
}

void CheckDecision(const v1::Decision& decision, AnswerCheck& check) {
  if (decision.allowed() && decision.has_funds_micros()) {
    check.SaysFunds(decision.billing_account(), decision.funds_micros());
  }
}

}  // namespace

Findings CheckAnswers(const std::vector<Call>& calls, const FinalLog& log, const Books& books) {
  Findings findings;
  for (const Call& call : calls) {
    if (call.outcome != Outcome::kAnswered || IsUnrecorded(call, log)) continue;
    AnswerCheck check(call, books, findings);
    const Message* answer = call.answer.get();
    if (const auto* read = dynamic_cast<const v1::GetBalanceResponse*>(answer)) {
      CheckBalance(read->balance(), check);
    } else if (const auto* checked = dynamic_cast<const v1::CheckResponse*>(answer)) {
      CheckDecision(checked->decision(), check);
    } else if (const auto* placed = dynamic_cast<const v1::PlaceHoldResponse*>(answer)) {
      CheckDecision(placed->decision(), check);
    } else if (const auto* extended = dynamic_cast<const v1::ExtendHoldResponse*>(answer)) {
      CheckDecision(extended->decision(), check);
    } else if (const auto* released = dynamic_cast<const v1::ReleaseHoldResponse*>(answer)) {
      check.SaysFunds(released->billing_account(), released->funds_micros());
    } else if (const auto* captured = dynamic_cast<const v1::CaptureHoldResponse*>(answer)) {
      check.SaysFunds(captured->charge().billing_account(), captured->funds_micros());
    } else if (const auto* granted = dynamic_cast<const v1::GrantCreditResponse*>(answer)) {
      check.SaysFunds(granted->credit().billing_account(), granted->funds_micros());
    } else if (const auto* set = dynamic_cast<const v1::SetSpendingLimitResponse*>(answer)) {
      check.SaysFunds(set->billing_account(), set->funds_micros());
    }
  }
  return findings;
}

Findings CheckSums(const v1::GetTrialBalanceResponse& trial) {
  Findings findings;
  for (const auto& total : trial.totals()) {
    if (total.debit_micros() == total.credit_micros()) continue;
    findings.push_back(absl::StrCat("In ", total.currency(), " ", total.debit_micros(), " was debited and ",
                                    total.credit_micros(), " credited."));
  }
  return findings;
}

}  // namespace bursar::nemesis
