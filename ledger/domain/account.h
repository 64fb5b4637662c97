// A billing account as the state keeps it: how it is set up, what it has, and the ceilings inside it. Only Evolve
// changes it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/domain/balance.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/people.h"

namespace bursar {

// Where setting up billing stands. A link is a selector and a secret; only the newest one of an account is alive.
struct BillingSetup {
  enum class Status { kNone, kPending, kConfirmed, kDeclined };
  Status status = Status::kNone;
  UpgradeRoute route = UpgradeRoute::kForm;
  // As submitted last.
  Person contact;
  std::string terms_version;
  std::string pricing_version;
  // As confirmed by the contact's link.
  Person confirmed_contact;
  // The link mailed last.
  std::string selector;
  std::string secret_hash;
  absl::Time sent_time;
  absl::Time expire_time;
  // When its contact is reminded; InfiniteFuture: never.
  absl::Time remind_time = absl::InfiniteFuture();
  // The entry in which that link was mailed, and the one in which it was used to confirm or to decline; 0 before.
  Position sent_at = 0;
  Position confirmed_at = 0;
  Position declined_at = 0;
  // The number of the purchase order on the bills; empty for none.
  std::string purchase_order;
  // Open requests; empty for none.
  BillingChangeId open_change;
  AssistedSetupId open_setup;
};

// A wish for another contact or another purchase order. Open ones only.
struct BillingChange {
  BillingChangeId id;
  BillingAccountId account;
  UserId requester;
  // One of the two.
  std::optional<Person> contact;
  std::string purchase_order;
  absl::Time request_time;
};

// Help with setting up billing.
struct AssistedSetup {
  enum class Status { kRequested, kScheduled, kSent, kUsed, kMissed, kSuperseded };
  AssistedSetupId id;
  BillingAccountId account;
  UserId requester;
  Person contact;
  std::vector<TimeSlot> slots;
  Status status = Status::kRequested;
  // Once it is scheduled.
  TimeSlot slot;
  LinkSeed link;
  std::string terms_version;
  std::string pricing_version;
};

// A stretch of calendar time; InfiniteFuture never ends.
struct Window {
  absl::Time start = absl::UnixEpoch();
  absl::Time end = absl::InfiniteFuture();

  bool Holds(absl::Time time) const { return start <= time && time < end; }
};

// A ceiling inside a billing account on what is charged in a window, and held.
struct Budget {
  BudgetId id;
  BudgetScope scope;
  Money limit;
  BudgetPeriod period = BudgetPeriod::kLife;
  std::string time_zone;
  // The window in which it was used last, and what was charged in it.
  Window window;
  Money used;
  // What open holds that it counts hold, in whatever window they were placed.
  Money held;

  bool Counts(const UserId& user, ProjectId project, absl::string_view category) const;
  // What was charged in the window that `now` lies in: nothing yet, where that is a new one.
  Money UsedAt(absl::Time now) const { return now < window.end ? used : Money(); }
  // May be negative: a limit may be set below what is used.
  Money Available(absl::Time now) const { return limit - UsedAt(now) - held; }
};

struct BillingAccount {
  BillingAccountId id;
  std::string currency;
  BillingSetup setup;
  Balance balance;
  // Who has its funds now; empty unless its user was merged into another.
  BillingAccountId merged_into;
  // By their numbers.
  std::vector<Budget> budgets;
  // The open limit increase; none: empty.
  IncreaseId open_increase;
  // The increase that ends by itself and that the limit rests on; none: empty.
  IncreaseId ending_increase;
  // Funds after the last grant, payment or rise of the limit; thresholds are parts of it.
  Money funds_base;
  // The highest threshold that funds have crossed; 0 for none.
  int32_t crossed_percent = 0;
  // What rounding left over, by divisor: in micros / divisor.
  std::map<int64_t, int64_t> remainders;
  // Charges of the last thirty days, by day since 1970 in UTC.
  std::map<int64_t, Money> charged_by_day;

  const Budget* Find(BudgetId budget) const;
  Budget* Find(BudgetId budget);

  // What was charged today and on the twenty-nine days before it.
  Money SpentLately(absl::Time now) const;
  // Adds to that, and forgets the days before.
  void Spend(Money amount, absl::Time now);
};

// What a buyer ordered, as told by the buyer's platform.
struct PurchaseOrder {
  PurchaseOrderId id;
  std::string number;
  std::string platform_id;
  Money value;
  std::string currency;
  std::string document;
  absl::Time record_time;
  // To what it was attached; empty while nothing has matched.
  BillingAccountId account;
  IncreaseId increase;
};

}  // namespace bursar
