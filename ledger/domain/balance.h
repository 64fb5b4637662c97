// The money of one billing account, and how each event changes it. The same fold serves the deciding state and the
// history of balances that finance reads.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"

namespace bursar {

// One grant of funds. Each micro granted is in exactly one of available, held, charged, expired, revoked, moved.
struct Credit {
  CreditId id;
  Money granted;
  Money available;
  Money held;
  Money charged;
  Money expired;
  Money revoked;
  // Moved to the account of the person that its owner was merged into.
  Money moved;
  storage::v1::CreditGranted::Origin origin = storage::v1::CreditGranted::ORIGIN_GRANT;
  int32_t priority = 0;
  absl::Time effective_time;
  absl::Time expire_time;            // InfiniteFuture: never
  std::vector<std::string> actions;  // empty: all
  std::string reason;
  std::string granted_by;
  // Expired, revoked or moved away: what is returned to it leaves it at once.
  bool over = false;
  // Revoked: what is returned to it is revoked, rather than expired.
  bool taken_back = false;

  bool IsInForce(absl::Time now) const { return !over && effective_time <= now && now < expire_time; }
  bool MayPayFor(absl::string_view action) const;
};

struct Balance {
  // In burn order: lower priority, then sooner expiry, then older grant.
  std::vector<Credit> credits;
  Money limit;
  // Charged beyond credits and not yet paid.
  Money outstanding;
  // The part of all holds that draws on the limit.
  Money held_on_limit;
  // Sums of all charges so far, by the category of action or price. Ordered, so that it reads the same everywhere.
  std::map<std::string, Money> charged_by_category;

  // What may be spent on `action` at `now`: credits that may pay for it + limit - outstanding - held. May be negative.
  // Without an action: what may be spent on anything, so without credits restricted to some actions.
  Money Funds(absl::string_view action, absl::Time now) const;
  Money Funds(absl::Time now) const { return Funds("", now); }

  // All that holds have set aside.
  Money Held() const;
  // All charges so far.
  Money Charged() const;

  // How `amount` would be drawn: from credits in burn order, and what they do not cover from the limit.
  std::vector<storage::v1::Part> Draw(Money amount, absl::string_view action, absl::Time now) const;

  // Puts a credit into its place in burn order.
  void Add(Credit credit);

  Credit* Find(CreditId id);
  const Credit* Find(CreditId id) const;

  // Changes nothing for events without money or of other accounts. `position` and `principal` are those of the entry.
  void Apply(const storage::v1::Event& event, Position position, const std::string& principal);
};

// Who gave a credit: the principal of the entry, or "promotion", which nobody in particular gives.
std::string GrantedBy(const storage::v1::CreditGranted& event, const std::string& principal);

// The account that the event opens, whose money it moves or whose limit it sets; empty where it does none of these.
BillingAccountId AccountOf(const storage::v1::Event& event);

Money Sum(const google::protobuf::RepeatedPtrField<storage::v1::Part>& parts);

}  // namespace bursar
